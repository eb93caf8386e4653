package claims

import (
	"fmt"
	"math"
	"slices"

	"runx/internal/results"
	"runx/spec"
)

// A group are the rows that one judgement is about.
type group struct {
	run      *run
	claim    *spec.Claim
	settings []Setting
	points   []int // rows of the summary
	// drawn are the samples of each point, of a claim over samples.
	drawn []drawnRows
	// columns are those that the value names.
	columns []column
	rows    int
}

// drawnRows are samples that are drawn together with their block.
type drawnRows struct {
	*roster
	rows  []int32 // in the samples, then in the columns of the group
	block []int32
}

// A column of a group has one of its slices, a value per row.
type column struct {
	name    string
	numbers spec.Column
	texts   []string
	bools   []bool
	cells   []*cell
}

// groups are the groups of a claim, in the order of the grid.
func (u *run) groups(c *spec.Claim, names []string) ([]*group, error) {
	var groups []*group
	byKey := map[string]*group{}
	filter := c.Filter()
	for row := range u.points {
		kept, err := u.keep(filter, c.Samples, row)
		if err != nil {
			return nil, fmt.Errorf("claim %q: %w", c.Name, err)
		}
		if !kept.any {
			continue
		}
		settings := u.settings(c, row)
		key := fmt.Sprint(settings)
		g := byKey[key]
		if g == nil {
			g = &group{run: u, claim: c, settings: settings}
			byKey[key], groups = g, append(groups, g)
		}
		g.points = append(g.points, row)
		if c.Samples {
			g.drawn = append(g.drawn, drawnRows{rows: kept.rows})
		}
	}
	for _, g := range groups {
		if c.Samples {
			g.fillSamples(names)
		} else {
			g.fillSummary(names)
		}
	}
	return groups, nil
}

// keptRows is what a filter leaves of a point.
type keptRows struct {
	any  bool
	rows []int32 // samples, where the claim is about them
}

func (u *run) keep(filter *spec.Filter, samples bool, row int) (keptRows, error) {
	if !samples {
		any, err := filter.Keep(func(name string) any { return u.summary.Operand(row, name) })
		return keptRows{any: any}, err
	}
	onlyParams := !slices.ContainsFunc(filter.Columns(), func(name string) bool { return u.param(name) == nil })
	if onlyParams {
		any, err := filter.Keep(func(name string) any { return u.summary.Operand(row, name) })
		return keptRows{any: any && len(u.points[row].rows) > 0, rows: slices.Clone(u.points[row].rows)}, err
	}
	var kept keptRows
	for _, sample := range u.points[row].rows {
		ok, err := filter.Keep(func(name string) any { return u.samples.Operand(int(sample), name) })
		if err != nil {
			return keptRows{}, err
		}
		if ok {
			kept.rows, kept.any = append(kept.rows, sample), true
		}
	}
	return kept, nil
}

func (u *run) param(name string) *results.Column {
	for i := range u.summary.Columns {
		if c := &u.summary.Columns[i]; c.Name == name && c.Kind == results.ParamTableColumn {
			return c
		}
	}
	return nil
}

func (u *run) settings(c *spec.Claim, row int) []Setting {
	var settings []Setting
	for _, name := range c.ForEach {
		settings = append(settings, Setting{name, u.summary.Value(row, name)})
	}
	return settings
}

// fillSummary makes the columns of rows of the summary.
func (g *group) fillSummary(names []string) {
	g.rows = len(g.points)
	for _, name := range names {
		c := column{name: name}
		_, isCell := g.run.sources[name]
		for _, row := range g.points {
			if isCell {
				c.cells = append(c.cells, g.run.cell(row, name))
			} else {
				c.add(g.run.summary.Operand(row, name))
			}
		}
		g.columns = append(g.columns, c)
	}
}

// fillSamples makes the columns of samples that have a value in all of them.
func (g *group) fillSamples(names []string) {
	u := g.run
	rounds, reps := u.samples.Numbers("round"), u.samples.Numbers("rep")
	var numbers [][]float64
	for _, name := range names {
		g.columns = append(g.columns, column{name: name})
		numbers = append(numbers, u.samples.Numbers(name))
	}
	for i := range g.drawn {
		d := &g.drawn[i]
		d.rows = slices.DeleteFunc(d.rows, func(row int32) bool {
			return slices.ContainsFunc(numbers, func(n []float64) bool { return n != nil && math.IsNaN(n[row]) })
		})
		d.roster, d.block = u.rosterOf(&u.points[g.points[i]], d.rows, rounds, reps)
		for k, row := range d.rows {
			for c := range g.columns {
				if numbers[c] != nil {
					g.columns[c].numbers = append(g.columns[c].numbers, numbers[c][row])
				} else {
					g.columns[c].add(u.samples.Operand(int(row), g.columns[c].name))
				}
			}
			d.rows[k] = int32(g.rows)
			g.rows++
		}
	}
}

func (c *column) add(v any) {
	switch v := v.(type) {
	case string:
		c.texts = append(c.texts, v)
	case bool:
		c.bools = append(c.bools, v)
	default:
		c.numbers = append(c.numbers, asFloat(v))
	}
}

// take puts rows of the column into an environment, all of them where rows is
// nil.
func (c *column) take(env map[string]any, rows []int32) {
	switch {
	case c.texts != nil:
		env[c.name] = taken(nil, c.texts, rows)
	case c.bools != nil:
		env[c.name] = taken(nil, c.bools, rows)
	default:
		buffer, _ := env[c.name].(spec.Column)
		env[c.name] = spec.Column(taken(buffer[:0:cap(buffer)], c.numbers, rows))
	}
}

// taken appends rows of a column to a buffer of the caller's own.
func taken[T any](buffer, from []T, rows []int32) []T {
	if rows == nil {
		return append(buffer, from...)
	}
	for _, row := range rows {
		buffer = append(buffer, from[row])
	}
	return buffer
}
