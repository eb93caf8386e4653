// Package claims judges what a spec claims by what was measured. The way of the
// data:
//
//  1. Evaluate takes the rows of the summary (or of the samples) that a claim's
//     where leaves, apart for each combination of its for_each.
//  2. It computes the claim's value over them, and again over bootstrap
//     resamples of the samples, from which the statistics that the value names
//     are made anew. What is drawn are blocks: rounds, or repetitions where all
//     are in one round.
//  3. The share of the resamples that meet the claim's expect is the verdict:
//     supported from 97.5%, refuted to 2.5%, inconclusive between.
//  4. Write keeps the judgements as claims.parquet; Read reads them.
package claims
