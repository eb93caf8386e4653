package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// unit is how a row shows seconds of a call.
type unit struct {
	name string
	of   func(seconds float64) float64
}

var milliseconds = unit{"ms", func(s float64) float64 { return s * 1e3 }}

// perElement is the time that each of n elements takes.
func perElement(n int) unit {
	return unit{"ns/element", func(s float64) float64 { return s * 1e9 / float64(n) }}
}

// rate is an amount by the time that it takes.
func rate(name string, amount float64) unit {
	return unit{name, func(s float64) float64 { return amount / s }}
}

func gigaflops(flops float64) unit { return rate("GFLOP/s", flops/1e9) }

func gigabytes(bytes int) unit { return rate("GB/s", float64(bytes)/1e9) }

// figure is what a row has to reach; the zero value is nothing.
type figure struct {
	ratio float64 // of speeds, at least
	most  float64 // of ours, in its unit
}

func (f figure) none() bool { return f == figure{} }

func (f figure) String() string {
	switch {
	case f.ratio > 0:
		return fmt.Sprintf("ratio ≥ %.2f", f.ratio)
	case f.most > 0:
		return fmt.Sprintf("ours ≤ %g", f.most)
	}
	return ""
}

// row is one line of the table.
type row struct {
	name         string
	ours, theirs float64
	unit         string
	peer         string  // who theirs is; empty if there is nobody
	ratio        float64 // of speeds: above 1 we are faster
	figure       figure
	skipped      error // why there is nothing to compare with
}

// undecided reports whether the figure needs a peer that is missing.
func (r row) undecided() bool { return r.skipped != nil && r.figure.most == 0 }

// missed returns an error if the figure was not reached.
func (r row) missed() error {
	switch {
	case r.undecided():
		return nil
	case r.figure.ratio > 0 && !(r.ratio >= r.figure.ratio):
		return fmt.Errorf("%s: ratio %.3f to %s, at least %.2f wanted", r.name, r.ratio, r.peer, r.figure.ratio)
	case r.figure.most > 0 && !(r.ours <= r.figure.most):
		return fmt.Errorf("%s: %.3g %s, at most %g wanted", r.name, r.ours, r.unit, r.figure.most)
	}
	return nil
}

func (r row) verdict() string {
	switch {
	case r.undecided():
		return "skipped: " + r.skipped.Error()
	case r.figure.none():
		return ""
	case r.missed() != nil:
		return "missed"
	}
	return "reached"
}

// printRows writes one group of the table.
func printRows(out io.Writer, title string, rows []row) error {
	fmt.Fprintf(out, "\n%s\n", title)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  name\tours\ttheirs\tunit\tpeer\tratio\tfigure\tverdict")
	for _, r := range rows {
		ours, theirs, ratio := "", "", ""
		if r.unit != "" {
			ours = number(r.ours)
		}
		if r.peer != "" && r.skipped == nil {
			ratio = fmt.Sprintf("%.3f", r.ratio)
			if r.unit != "" {
				theirs = number(r.theirs)
			}
		}
		fields := []string{r.name, ours, theirs, r.unit, r.peer, ratio, r.figure.String(), r.verdict()}
		fmt.Fprintf(w, "  %s\n", strings.TrimRight(strings.Join(fields, "\t"), "\t"))
	}
	return w.Flush()
}

// number shows four digits, or all of a whole number.
func number(x float64) string {
	switch {
	case x == float64(int64(x)):
		return fmt.Sprintf("%d", int64(x))
	case x >= 1000:
		return fmt.Sprintf("%.0f", x)
	case x >= 100:
		return fmt.Sprintf("%.1f", x)
	case x >= 10:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.3f", x)
}

// printVerdict counts the figures and returns those missed as one error.
func printVerdict(out io.Writer, rows []row) error {
	reached, skipped := 0, 0
	var missed []error
	for _, r := range rows {
		switch {
		case r.figure.none():
		case r.undecided():
			skipped++
		case r.missed() != nil:
			missed = append(missed, r.missed())
		default:
			reached++
		}
	}
	fmt.Fprintf(out, "\nfigures: %d reached, %d missed, %d skipped\n", reached, len(missed), skipped)
	return errors.Join(missed...)
}
