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
//  4. Each pair has a Verdict, and each metric an overall one.
package compare
