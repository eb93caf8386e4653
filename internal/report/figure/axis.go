package figure

import (
	"math"
	"strings"

	"runx/internal/report"
	"runx/spec"
	"runx/workloads"
)

// An axis is one direction of a panel. Its values are as stored; what is
// written on it is in the unit that reads best.
type axis struct {
	columns []string // shown, for the title
	unit    string   // of the stored values
	title   string   // instead of one made of the columns
	log     bool
	// categories are at 0, 1, 2 ...; nil is an axis of numbers.
	categories []string
	// values are those of a parameter, which make better ticks than round
	// numbers where they are few.
	values []float64
	whole  bool // only whole numbers have a meaning
	// across is the x axis, which begins at 0 only if the values nearly do.
	across bool
	// tight axes end where the values do.
	tight  bool
	lo, hi float64
	used   bool // lo and hi are set
	scale  report.Scale
}

// Beyond these no axis reaches, so that differences and ratios of its ends are
// numbers.
const (
	largest  = 1e290
	smallest = 1e-290 // on a logarithmic axis
)

// include widens the axis so far that v is on it. What cannot be on it is
// passed over.
func (a *axis) include(v float64) {
	if !(math.Abs(v) <= largest) || a.log && v < smallest {
		return
	}
	if !a.used {
		a.lo, a.hi, a.used = v, v, true
		return
	}
	a.lo, a.hi = min(a.lo, v), max(a.hi, v)
}

// fraction is where v is between the ends of the axis: 0 to 1, beyond that
// outside, NaN where it has no place.
func (a *axis) fraction(v float64) float64 {
	if !a.log {
		return (v - a.lo) / (a.hi - a.lo)
	}
	if v <= 0 {
		return math.NaN()
	}
	return (math.Log(v) - math.Log(a.lo)) / (math.Log(a.hi) - math.Log(a.lo))
}

// name is the title of the axis, with the unit of its ticks.
func (a *axis) name() string {
	name := a.title
	if name == "" {
		var names []string
		for _, c := range a.columns {
			names = append(names, columnName(c))
		}
		name = strings.Join(names, ", ")
	}
	if unit := a.shownUnit(name); unit != "" {
		name += " (" + unit + ")"
	}
	return name
}

// shownUnit is the unit that the title states: not where each tick does, nor
// where the name says it.
func (a *axis) shownUnit(name string) string {
	switch {
	case a.ownUnits() || a.categories != nil:
		return ""
	case a.scale.Unit != "":
		return a.scale.Unit
	case a.unit == "count" || a.unit == "ratio" || a.unit == "samples" || strings.Contains(name, a.unit):
		return ""
	}
	return a.unit
}

// settle gives the axis its ends and its unit, once all marks have been
// reached.
func (a *axis) settle() {
	if !a.used {
		a.lo, a.hi, a.used = 1, 10, true
		if !a.log {
			a.lo, a.hi = 0, 1
		}
	}
	a.scale = report.ScaleFor(a.unit, a.typical())
	if a.categories != nil || a.tight && a.hi > a.lo {
		return
	}
	if a.log {
		a.settleLog()
		return
	}
	a.settleLinear()
}

// typical are values that stand for those on the axis, to choose a unit by.
func (a *axis) typical() []float64 {
	if a.log {
		return []float64{a.lo, a.hi}
	}
	return []float64{max(math.Abs(a.lo), math.Abs(a.hi)) / 2}
}

// margin is the part of an axis that stays free at an end with values.
const margin = 0.04

func (a *axis) settleLog() {
	if a.hi/a.lo < 1.1 {
		a.lo, a.hi = a.lo/1.5, a.hi*1.5
		return
	}
	pad := math.Exp(margin * (math.Log(a.hi) - math.Log(a.lo)))
	a.lo, a.hi = max(a.lo/pad, smallest/10), min(a.hi*pad, largest*10)
}

func (a *axis) settleLinear() {
	if span := a.hi - a.lo; span <= 1e-12*max(math.Abs(a.lo), math.Abs(a.hi)) {
		pad := max(math.Abs(a.lo)*0.1, 1e-300)
		if a.lo == 0 {
			pad = 1
		}
		a.lo, a.hi = a.lo-pad, a.hi+pad
		return
	}
	lo, hi := a.lo, a.hi
	span := hi - lo
	// Zero is the natural end of what is near it.
	near := 0.4
	if a.across {
		near = 0.1
	}
	if lo >= 0 && lo < near*hi {
		lo = 0
	} else {
		lo -= margin * span
	}
	if hi <= 0 && hi > near*a.lo {
		hi = 0
	} else {
		hi += margin * span
	}
	a.lo, a.hi = lo, hi
}

// metricOf parts a column of the summary into metric and statistic:
// "latency_ms_p50" is "latency_ms" and "p50".
func metricOf(column string) (metric, stat string) {
	i := strings.LastIndexByte(column, '_')
	if i < 0 || workloads.UnitOf(column) != "" {
		return column, ""
	}
	switch stat = column[i+1:]; spec.Stat(stat) {
	case spec.Mean, spec.Std, spec.CV, spec.Min, spec.Max, spec.Sum, spec.Skewness:
		return column[:i], stat
	}
	if _, ok := spec.Stat(stat).Quantile(); ok {
		return column[:i], stat
	}
	return column, ""
}

// columnName is a column for a reader, without its unit: "latency p50".
func columnName(column string) string {
	metric, stat := metricOf(column)
	name := report.BaseName(metric)
	switch workloads.UnitOf(metric) {
	case "ratio", "count", "flops":
		name = strings.TrimSuffix(strings.TrimSuffix(name, "_count"), "_flops")
	}
	name = strings.ReplaceAll(name, "_", " ")
	if stat != "" {
		name += " " + stat
	}
	return name
}
