// Package html makes the pages of runs: a report of one run, a comparison, and
// the index over all runs. A page is one file that needs nothing else: styles,
// scripts and pictures are in it, so that it works from a disk, in a mail and
// in print. The way of the data:
//
//  1. [Gather] reads the tables of a run and draws its plots: a [Content].
//  2. [Report] turns it into what the page shows, piece by piece: verdicts.go,
//     table.go and strip.go, doubts.go, facts.go. Numbers become texts here, in
//     one unit per column; what came from a spec or a worker stays plain text.
//  3. A page is written through html/template, whose contexts escape every
//     text. The style sheet, the script and the pictures are ours and the only
//     parts that are taken as they are.
//
// A page works without its script: that adds sorting, filters, themes.
package html
