// Package compare says what changed between two runs, or between the values of
// one parameter within a run, with evidence. The way of the data:
//
//  1. Runs and Within match points: those whose parameters are the same, but
//     for the one that is compared.
//  2. What else differs, such as the machine or the commit, becomes a
//     Difference, so that nothing is pooled silently.
//  3. For each pair and metric the shift is estimated with its interval, and
//     the probability of so much by chance is corrected for the number of
//     pairs.
//  4. Each pair has a Verdict, and each metric an overall one: the geometric
//     mean over its pairs. A Gate says whether that is good enough.
//
// What is assumed. One repetition is one value, the median of its rows. Those of
// a point have one distribution on each side, and the sides differ by a factor.
// They may follow the ones before them: the correlation at lag 1 of their ranks,
// of each point and of all together, lowers what they are worth, and Student's t
// stands for how little so few tell of it. In simulations of 200 points, 2000
// times over, two runs of the same thing said slower at a point in at most 2.3%
// and over all points in at most 2.4%: lognormal, bimodal and coarse noise, noise
// with memory up to 0.8, and drift that all points share. What differs from one
// run to the next of the same program is in no sample of two runs, and a warning
// says so.
package compare
