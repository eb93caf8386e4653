package claims

import "runx/internal/stats"

// A Verdict is what the data say of a claim.
type Verdict string

// The verdicts.
const (
	Supported    Verdict = "supported"
	Refuted      Verdict = "refuted"
	Inconclusive Verdict = "inconclusive"
)

// A Judgement is the verdict on one claim, in one group of its for_each.
type Judgement struct {
	// Claim is the name of the claim, Index its place among the spec's claims.
	Claim string
	Index int
	// Group are the values of the claim's for_each, in its order; empty where it
	// has none.
	Group []Setting
	// Value is that of the claim's expression over all samples; true is 1. It is
	// NaN where it could not be computed, and Reason says why.
	Value float64
	// Bool says that the value is true or false.
	Bool bool
	// Lo and Hi are the ends of the 95% interval of Value; NaN where there is none.
	Lo, Hi float64
	// Exact says that what Value is made of did not vary, as a simulation's results
	// or counted bytes.
	Exact   bool
	Verdict Verdict
	// Share is the share of the resamples that meet Expect, Resamples how many
	// there were; NaN and 0 where there was none.
	Share     float64
	Resamples int
	// Points and Samples are how many rows of the summary, and ok samples of
	// those points, the value is made of.
	Points, Samples int
	// SamplesNeeded is how many samples more, over all points of the group, would
	// decide an inconclusive claim, about; 0 where none are needed, -1 where no
	// number can be named.
	SamplesNeeded int
	// Expression and Expect are the claim's value and expect, as written.
	Expression, Expect string
	// Reason says why there is no value, or no interval; empty where both are.
	Reason   string
	Warnings []stats.Warning
}

// A Setting is a parameter and its value: an int64, float64, string or bool.
type Setting struct {
	Param string
	Value any
}
