// Package html makes the pages of runs: a report of one run, a comparison, and
// the index over all runs. A page is one file that needs nothing else: styles,
// scripts and pictures are in it, so that it works from a disk, in a mail and
// in print.
package html
