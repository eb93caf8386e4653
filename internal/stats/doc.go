// Package stats turns the samples of one point into statements about what was
// measured: estimates, how sure they are, and when there is enough.
//
//  1. [Quantile], [Mean], [Std] and [Skewness] summarise.
//  2. [QuantileInterval] and [MeanInterval] say how far the truth may be from
//     the summary, and say nothing where the samples cannot support an answer
//     ([MinSamplesForQuantile]).
//  3. [EffectiveSize] says how many independent samples a correlated series is
//     worth, and [WorthOf] how many the rows of repetitions are that yield several
//     each: the intervals assume independent ones.
//  4. A [StopRule] looks at a growing series at a few sample counts fixed in
//     advance and says when the estimate is as sure as was asked.
//
// The functions take samples without NaN; who calls them leaves out what was not
// measured. Every unit is that of the samples.
package stats
