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
rep, round, started_at, and the metrics by their plain names. A row that lacks a value of a column that the
value names does not count; pick looks among all rows.

Arithmetic goes row by row: + - * / **. What makes one number of columns, or a column again, is:

`

const claimsEnd = `
and of the language at https://expr-lang.org/docs/language-definition min, max, mean, median, sum, len,
y[0], all(y, # > 0), any(y, # > 0), let; abs of a column or a number; also exp, log, log2, log10, pow, sqrt
of numbers.

The verdict. The value is computed again over 2000 resamples of the samples (down to 1000 of very many).
What is drawn are whole rounds, the same ones at all points, so that a drift that they share in a round
does not count as chance; where all samples are in one round it is repetitions, several in a row where
neighbours are alike. The statistics of the summary that the value names are made anew from each resample,
also _lo and _hi: the same order statistics. where and for_each look at the rows themselves, once.

  supported      at least 97.5% of the resamples meet expect
  refuted        at most 2.5% do
  inconclusive   else, or there is no value; and about how many samples more would decide it

The 95% interval of the value is that of the same resamples. Where repetitions are few, both are wider, as
Student's t is: take at least 6. From then on a value made of means is corrected for bias and skew (BCa). A
value that is the same in every repetition, as a simulation's, is exact and has no interval; one repetition
decides nothing. Resamples without a value count for neither side.
claims.parquet in the run's folder has a row for each claim and group.`

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
