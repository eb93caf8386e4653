package compare

import (
	"runx/internal/results"
	"runx/internal/stats"
	"runx/workloads"
)

// A Verdict is what the data say of the change of a metric. What is better is
// up to the metric: "faster" stands for better in any unit.
type Verdict string

// The verdicts.
const (
	Faster  Verdict = "faster"  // better, by evidence
	Slower  Verdict = "slower"  // worse, by evidence
	Same    Verdict = "same"    // the interval lies within the margin on both sides of no change
	Unclear Verdict = "unclear" // none of these: the data do not tell
	// Changed is of a metric of which neither direction is better.
	Changed Verdict = "changed"
)

// A Comparison is all that two sides tell together.
type Comparison struct {
	// Base and Next are the names of the sides: run ids, or "algorithm=naive".
	Base, Next string
	// BaseRun and NextRun are where they are from; the same run for Within.
	BaseRun, NextRun results.RunInfo
	// By is the parameter that tells the sides apart; empty for two runs.
	By string
	// Except are parameters in which the points of a pair may differ.
	Except []string
	// Differences are what else differs between the sides.
	Differences []Difference
	// OnlyBase and OnlyNext are the points without a partner, as text:
	// "algorithm=naive seq_len=128".
	OnlyBase, OnlyNext []string
	// Params are the parameters that tell the pairs apart.
	Params  []string
	Metrics []MetricComparison
	// Margin is the relative change that is as good as none: 0.01 is 1%.
	Margin float64
	// Confidence is that of the intervals.
	Confidence float64
	Warnings   []stats.Warning
}

// A Difference is a fact that the sides do not share.
type Difference struct {
	Name       string // the column of run.parquet: "cpu_model"
	Base, Next string
	// Grave says that the numbers cannot be put down to what is compared alone:
	// another machine, commit, engine or spec.
	Grave bool
}

// A MetricComparison compares one metric in all pairs of points.
type MetricComparison struct {
	Metric string
	Unit   string
	Better workloads.Better
	Pairs  []Pair
	// Ratio is the geometric mean of next/base over the pairs, Lo and Hi its
	// interval; NaN where there is none.
	Ratio, Lo, Hi float64
	Verdict       Verdict
	Warnings      []stats.Warning
}

// A Pair is one point on both sides.
type Pair struct {
	// Point is what tells it from other pairs: "seq_len=128"; empty where there is
	// one pair.
	Point string
	// Values are those of [Comparison.Params], as text.
	Values []string
	// Base and Next are medians, BaseN and NextN the numbers of repetitions.
	Base, Next   float64
	BaseN, NextN int
	// Ratio is the shift as next/base; Lo and Hi are the ends of its interval,
	// which holds for all pairs together; NaN where there is none.
	Ratio, Lo, Hi float64
	// P is the probability of so large a shift by chance, corrected for the number
	// of pairs.
	P        float64
	Verdict  Verdict
	Warnings []stats.Warning
}
