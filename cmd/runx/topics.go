package main

import (
	"strings"

	"github.com/spf13/cobra"

	"runx/spec"
)

const claimsLong = `A claim of a spec computes a value from the results and says what it expects of it:

  claims:
    - name: latency is quadratic in the length of the sequence
      where: algorithm == "naive"                  # rows that count
      for_each: [dim]                              # each value of a parameter is judged apart
      value: exponent(seq_len, latency_ms_p50)     # a number or a bool
      expect: value > 1.7 && value < 2.3

Every name in value is a column. The rows are those of the summary, one per point: parameters, n, n_ok,
n_failed, n_tainted, n_eff, and the statistics that are kept of each metric, such as latency_ms_p50 with its
interval latency_ms_p50_lo and latency_ms_p50_hi. With "over: samples" they are the samples: parameters,
rep, round, started_at, and the metrics by their plain names.

Arithmetic goes row by row: + - * / **. What makes one number of columns, or a column again, is:

`

const claimsEnd = `
and of the language at https://expr-lang.org/docs/language-definition min, max, mean, median, sum, len,
y[0], all(y, # > 0), any(y, # > 0), let; also exp, log, log2, log10, pow, sqrt of numbers.`

// newClaimsTopic is no command but a page: runx help claims.
func newClaimsTopic() *cobra.Command {
	var functions strings.Builder
	for _, s := range spec.Signatures() {
		functions.WriteString("  " + s.Doc + "\n")
	}
	return &cobra.Command{
		Use:   "claims",
		Short: "what a claim is about, and the functions that it may call",
		Long:  claimsLong + functions.String() + claimsEnd,
	}
}
