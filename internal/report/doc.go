// Package report shows a run to a person. Nothing in it measures, and nothing
// that measures prints. The way of the data:
//
//  1. While a run goes on, its observer hands over a [Progress] between two
//     samples. On a terminal a [Block] redraws a few lines in place; elsewhere
//     [Lines] prints a bounded number of plain ones.
//  2. When it has ended, [NewView] picks from the summary table what fits a
//     person's eye: the parameters that vary, the metrics of the experiment,
//     each with one unit per column ([ScaleFor]).
//  3. [View.Write] lays it out as a [Table] in the width of the terminal.
package report
