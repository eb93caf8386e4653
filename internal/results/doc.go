// Package results keeps what a run measures. The way of the data:
//
//  1. [Create] makes the directory of a run, out/<spec>/<run_id>, with the
//     spec as run and a journal whose first line, the [Header], says all that
//     is needed to read the rest without the workload at hand.
//  2. The runner defines each point once ([Run.Point]) and appends each
//     [Sample] as one line ([Run.Append]); where the samples of a point do not
//     show that it needs no more, [Run.End] does; [Run.Finish] records how the
//     run ended. After a crash [Open] continues behind the last whole line, and
//     [Run.Samples] and [Run.Ended] tell what is there already.
//  3. [Derive] turns the journal, which is the truth, into tables: row by row
//     into samples.parquet, with the metrics that are expressions; then, read
//     back column by column, into summary.parquet, one row per point; and into
//     run.parquet, one row of provenance.
//  4. [Link] points out/<spec>.parquet at the newest complete run.
//  5. [List], [Find] and [ReadSummary] serve those who read.
//
// Every table is written to a temporary name, synced, and renamed, so that a
// file that is there is whole. The columns depend on the spec alone, never on
// what happened.
package results
