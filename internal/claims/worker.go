package claims

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"runx/internal/stats"
	"runx/spec"
)

var errNoRows = errors.New("no row has a value of all that the claim names")

// A worker computes the value of a claim, over the rows and over resamples of
// them. It is for one goroutine.
type worker struct {
	program *spec.Program
	group   *group
	number  int // of the resample; -1 for the rows themselves
	env     map[string]any
	counts  []int32
	drawn   []int32
	picks   []pick
	// rows is how many the value was made of, unfit how many of them had no
	// logarithm for an exponent.
	rows, unfit int
}

// A pick is one that was looked up.
type pick struct {
	column string
	params map[string]any
	row    int
	cell   *cell
}

func newWorker(c *spec.Claim) (*worker, error) {
	w := &worker{}
	var err error
	w.program, err = c.Program(w.call)
	return w, err
}

// turnTo makes a group the one that values are computed of.
func (w *worker) turnTo(g *group) {
	w.group, w.picks = g, nil
	w.env = map[string]any{}
}

// value computes the value over a resample; -1 are the rows themselves.
func (w *worker) value(number int) (any, error) {
	w.number = number
	rows := w.frame()
	w.rows, w.unfit = rows, 0
	if rows == 0 && len(w.group.columns) > 0 {
		return nil, errNoRows
	}
	v, err := w.program.Value(w.env, rows)
	if err != nil {
		return nil, err
	}
	switch f, _ := v.(float64); {
	case math.IsNaN(f):
		return nil, errors.New("the value is not a number")
	case math.IsInf(f, 0) && number < 0: // a resample may be
		return nil, errors.New("the value is infinite: something is divided by 0, or too large")
	}
	return v, nil
}

// frame makes the columns of the resample, and returns how many rows they have.
func (w *worker) frame() int {
	if w.group.claim.Samples {
		return w.frameSamples()
	}
	return w.frameSummary()
}

func (w *worker) frameSamples() int {
	g := w.group
	if w.number < 0 {
		for i := range g.columns {
			g.columns[i].take(w.env, nil)
		}
		return g.rows
	}
	w.drawn = w.drawn[:0]
	var last *roster
	for i := range g.drawn {
		d := &g.drawn[i]
		if d.roster != last {
			w.counts = slices.Grow(w.counts[:0], d.blocks)[:d.blocks]
			g.run.draws.draw(w.counts, d.roster, w.number)
			last = d.roster
		}
		for k, row := range d.rows {
			for range w.counts[d.block[k]] {
				w.drawn = append(w.drawn, row)
			}
		}
	}
	for i := range g.columns {
		g.columns[i].take(w.env, w.drawn)
	}
	return len(w.drawn)
}

// frameSummary leaves out the rows that lack a value of a column.
func (w *worker) frameSummary() int {
	g := w.group
	lacking := false
	for i := range g.columns {
		c := &g.columns[i]
		if c.cells == nil {
			c.take(w.env, nil)
			continue
		}
		buffer, _ := w.env[c.name].(spec.Column)
		buffer = buffer[:0:cap(buffer)]
		for k, cell := range c.cells {
			if w.number >= 0 {
				g.run.resample(cell, g.points[k], c.name)
			}
			v := cell.at(w.number)
			lacking = lacking || math.IsNaN(v)
			buffer = append(buffer, v)
		}
		w.env[c.name] = buffer
	}
	for i := range g.columns {
		lacking = lacking || slices.ContainsFunc(g.columns[i].numbers, math.IsNaN)
	}
	if !lacking {
		return g.rows
	}
	return w.dropLacking()
}

func (w *worker) dropLacking() int {
	var rows []int32
	for row := range int32(w.group.rows) {
		lacks := false
		for _, v := range w.env {
			c, ok := v.(spec.Column)
			lacks = lacks || ok && math.IsNaN(c[row])
		}
		if !lacks {
			rows = append(rows, row)
		}
	}
	rows = slices.Grow(rows, 1) // not nil: nil is all of them
	for i := range w.group.columns {
		c := w.group.columns[i]
		if numbers, ok := w.env[c.name].(spec.Column); ok {
			c.numbers = slices.Clone(numbers)
		}
		c.take(w.env, rows)
	}
	return len(rows)
}

// call performs the functions that the program calls.
func (w *worker) call(name string, args []any) (any, error) {
	if name == "pick" {
		return w.pick(args)
	}
	if x, y, err := twoColumns(name, args); name == "exponent" && w.number < 0 && err == nil {
		w.unfit = max(w.unfit, stats.FitPower(x, y).Dropped)
	}
	return columnFunction(name, args)
}

// leftOut says which rows had no part in the value that was computed last.
func (w *worker) leftOut() []stats.Warning {
	var warnings []stats.Warning
	const cure = "leave them out by where if that is meant"
	if all := w.group.rows; w.rows < all && len(w.group.columns) > 0 {
		warnings = append(warnings, stats.Warning{
			What: fmt.Sprintf("%d of %s lack a value that the claim names, and have no part in it", all-w.rows, counted(all, "row")), Cure: cure})
	}
	if w.unfit > 0 {
		warnings = append(warnings, stats.Warning{
			What: fmt.Sprintf("%d of %s are not above 0, and have no part in the exponent", w.unfit, counted(w.rows, "row")), Cure: cure})
	}
	return warnings
}

// pick is the value of a column in the one row of the group with some
// parameters.
func (w *worker) pick(args []any) (any, error) {
	name, _ := args[0].(string)
	var params map[string]any
	if len(args) > 1 {
		params, _ = args[1].(map[string]any)
	}
	i := slices.IndexFunc(w.picks, func(p pick) bool { return p.column == name && maps.Equal(p.params, params) })
	if i < 0 {
		p, err := w.find(name, params)
		if err != nil {
			return nil, err
		}
		i, w.picks = len(w.picks), append(w.picks, p)
	}
	p := &w.picks[i]
	if w.number >= 0 {
		w.group.run.resample(p.cell, p.row, p.column)
	}
	v := p.cell.at(w.number)
	if math.IsNaN(v) {
		return nil, fmt.Errorf("%s has no value at %s", name, w.describe(params))
	}
	return v, nil
}

func (w *worker) find(name string, params map[string]any) (pick, error) {
	u := w.group.run
	if !u.summary.Has(name) {
		return pick{}, fmt.Errorf("pick: there is no column %s", name)
	}
	var rows []int
	for _, row := range w.group.points {
		if u.matches(row, params) {
			rows = append(rows, row)
		}
	}
	switch len(rows) {
	case 0:
		return pick{}, fmt.Errorf("pick: no row has %s", w.describe(params))
	case 1:
		return pick{name, maps.Clone(params), rows[0], u.cell(rows[0], name)}, nil
	}
	return pick{}, fmt.Errorf("pick: %d rows have %s, and differ in %s: name it in where, in for_each or in pick",
		len(rows), w.describe(params), strings.Join(u.differing(rows), ", "))
}

func (u *run) matches(row int, params map[string]any) bool {
	for name, want := range params {
		switch got := u.summary.Operand(row, name).(type) {
		case string, bool:
			if got != want {
				return false
			}
		default:
			if asFloat(got) != asFloat(want) {
				return false
			}
		}
	}
	return true
}

// differing are the parameters that are not the same in all rows.
func (u *run) differing(rows []int) []string {
	var names []string
	for _, p := range u.spec.Params {
		first := u.summary.Value(rows[0], p.Name)
		if slices.ContainsFunc(rows, func(row int) bool { return u.summary.Value(row, p.Name) != first }) {
			names = append(names, p.Name)
		}
	}
	return names
}

func (w *worker) describe(params map[string]any) string {
	if len(params) == 0 {
		return "what the claim is about"
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		parts = append(parts, fmt.Sprintf("%s=%v", name, params[name]))
	}
	return strings.Join(parts, " ")
}
