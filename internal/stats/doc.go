// Package stats turns samples into statements about what was measured: estimates,
// how sure they are, and when there is enough.
//
//  1. [Quantile], [Mean], [GeoMean], [Std] and [Skewness] summarise.
//  2. [QuantileInterval] and [MeanInterval] say how far the truth may be from
//     the summary, and say nothing where the samples cannot support an answer
//     ([MinSamplesForQuantile]).
//  3. [EffectiveSize] says how many independent samples a correlated series is
//     worth, and [WorthOf] how many the rows of repetitions are that yield several
//     each: the intervals assume independent ones.
//  4. A [StopRule] looks at a growing series at a few sample counts fixed in
//     advance and says when the estimate is as sure as was asked.
//  5. Of several points, [FitLine], [FitPower], [FitExponential], [Spearman] and
//     [Knee] say how one number goes with another. A [Resampler] draws blocks of
//     samples anew, [Blocked] makes the statistics of that, and
//     [PercentileInterval] of any value made of them an interval, where it is
//     smooth corrected by [BCa].
//  6. Of two points, [HodgesLehmannWorth] says by how much they differ,
//     [MannWhitneyWorth] how likely chance is, and [Holm] so of many pairs.
//  7. [BinEdges] and [Density] are what pictures need.
//  8. What is doubtful is a [Warning]: [QuantileWarning], [CorrelationWarning],
//     [DriftWarning], which looks for a [ChangePoint], and [TiesWarning].
//
// Each function names its assumptions and its source. testdata/vectors.json and
// testdata/r.json have what numpy, scipy and R say, beside the scripts that asked
// them.
//
// The functions take samples without NaN; who calls them leaves out what was not
// measured. Every unit is that of the samples.
package stats
