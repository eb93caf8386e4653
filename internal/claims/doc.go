// Package claims judges what a spec claims by what was measured. The way of the
// data:
//
//  1. Evaluate takes the rows of the summary (or of the samples) that a claim's
//     where leaves, apart for each combination of its for_each, and computes the
//     claim's value over them.
//  2. It draws bootstrap resamples: whole rounds, the same ones at all points, or
//     repetitions where all are in one round. From each it makes the statistics
//     that the value names anew, and the value. Statistics are resampled for many
//     claims at once, since a draw costs as much as what is made of it.
//  3. The share of the resamples that meet the claim's expect is the verdict:
//     supported from 97.5%, refuted to 2.5%, inconclusive between. The interval is
//     that of the same resamples, corrected for skew where that applies (BCa, of
//     means of points with the same rounds). Where blocks are few both are widened as
//     Student's t is, of simulated intervals of 95% so many hold the truth: 92 of
//     100 from 3 rounds, 95 from 12 (log-normal, spread 20%).
//  4. It says what is doubtful: tails beyond the samples decide nothing, neighbours
//     that are alike are told of where they could turn the verdict.
//  5. Write keeps the judgements as claims.parquet; Read reads them.
//
// A row that lacks a value of a column that the value names counts for none of
// its columns.
package claims
