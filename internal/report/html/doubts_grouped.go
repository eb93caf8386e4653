package html

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"

	"runx/internal/report"
	"runx/internal/stats"
	"runx/spec"
)

// remarks are warnings about things of one kind, pictures or claims, in the
// order in which they came. Those that differ in their numbers alone are one.
type remarks []remark

type remark struct {
	first  doubt
	kind   string // the text without its numbers
	varies bool   // the numbers are others elsewhere
	names  []string
}

var numbers = regexp.MustCompile(`[0-9][0-9.,]*`)

func (g *remarks) add(name, what, cure string) {
	kind := numbers.ReplaceAllString(what, "0") + "\n" + cure
	i := slices.IndexFunc(*g, func(w remark) bool { return w.kind == kind })
	if i < 0 {
		*g = append(*g, remark{first: doubt{What: what, Cure: cure}, kind: kind, names: []string{name}})
		return
	}
	w := &(*g)[i]
	w.varies = w.varies || w.first.What != what
	if !slices.Contains(w.names, name) {
		w.names = append(w.names, name)
	}
}

// doubts says each warning once, with the things that it is about.
func (g remarks) doubts(noun string) []doubt {
	var all []doubt
	for _, w := range g {
		d := w.first
		if w.varies {
			d.What += "; elsewhere likewise, in other numbers"
		}
		if len(w.names) == 1 {
			d.What = fmt.Sprintf("%s “%s”: %s", noun, w.names[0], d.What)
		} else {
			d.What = counted(int64(len(w.names)), noun) + ": " + d.What
			d = d.at(w.names, noun)
		}
		all = append(all, d)
	}
	return all
}

// A bareColumn is a quantile that some points have no interval for.
type bareColumn struct {
	report.Statistic
	without, of int // points
	cure        string
}

// withoutInterval has the quantiles that claims and pictures are about and that
// some points have no interval for.
func withoutInterval(c *Content) []bareColumn {
	if c.Summary == nil {
		return nil
	}
	var all []bareColumn
	for _, x := range report.Telling(c.Reading.Spec, c.Summary) {
		q, is := spec.Stat(x.Stat).Quantile()
		values, ends := c.Summary.Floats(x.Column()), c.Summary.Floats(x.Column()+"_lo")
		if !is || ends == nil {
			continue
		}
		b, fewest := bareColumn{Statistic: x}, math.MaxInt
		for row, v := range values {
			if math.IsNaN(v) {
				continue
			}
			b.of++
			if math.IsNaN(ends[row]) {
				b.without++
				count, _ := c.Summary.Value(row, "n_ok").(int64)
				fewest = min(fewest, int(count))
			}
		}
		if b.without == 0 {
			continue
		}
		b.cure = "take more repetitions: samples of one depend on each other"
		if w, ok := stats.QuantileWarning(fewest, q, 0.95); ok {
			b.cure = w.Cure + " samples that do not depend on each other"
		}
		all = append(all, b)
	}
	return all
}

// unsure says of each statistic once where it has no interval.
func unsure(bare []bareColumn) []doubt {
	type kind struct{ stat, cure string }
	var order []kind
	by := map[kind][]bareColumn{}
	for _, b := range bare {
		k := kind{b.Stat, b.cure}
		if by[k] == nil {
			order = append(order, k)
		}
		by[k] = append(by[k], b)
	}
	var all []doubt
	for _, k := range order {
		of := by[k]
		slices.SortStableFunc(of, func(a, b bareColumn) int { return cmp.Compare(b.without, a.without) })
		if len(of) == 1 {
			all = append(all, doubt{What: fmt.Sprintf("%s of %s has no 95%% interval at %s", k.stat, report.Printable(of[0].Metric), of[0].points()), Cure: k.cure})
			continue
		}
		var names []string
		for _, b := range of {
			names = append(names, report.Printable(b.Metric)+" ("+b.points()+")")
		}
		all = append(all, doubt{What: fmt.Sprintf("%s of %s has no 95%% interval at some points", k.stat, counted(int64(len(of)), "metric")), Cure: k.cure}.at(names, "metric"))
	}
	return all
}

func (b bareColumn) points() string {
	return fmt.Sprintf("%s of %s", report.Count(int64(b.without)), counted(int64(b.of), "point"))
}
