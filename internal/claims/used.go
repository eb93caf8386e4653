package claims

import (
	"math"
	"slices"
)

// usedRows is what a value was made of.
type usedRows struct {
	points, samples int
	rows            map[int]bool // of the summary
	cells           []usedCell
	// blocks is the least number of blocks that some point has, of those that
	// may vary; lone counts the points that have one.
	blocks, lone int
	// drawn says that samples are drawn, and not cells; unlike that some of
	// them differ at one point.
	drawn, unlike bool
}

type usedCell struct {
	*cell
	row    int
	column string
}

// used tells what the value was made of that the worker computed last.
func (w *worker) used() usedRows {
	if w.group.claim.Samples {
		return w.usedSamples()
	}
	rows := map[int]bool{}
	used := usedRows{rows: rows}
	add := func(c *cell, row int, column string) {
		rows[row] = true
		if _, ok := w.group.run.sources[column]; ok {
			used.cells = append(used.cells, usedCell{c, row, column})
		}
	}
	for i := range w.group.columns {
		c := &w.group.columns[i]
		for k, cell := range c.cells {
			if !math.IsNaN(cell.value) {
				add(cell, w.group.points[k], c.name)
			}
		}
	}
	for _, p := range w.picks {
		add(p.cell, p.row, p.column)
	}
	if len(rows) == 0 { // made of parameters and counts alone
		for _, row := range w.group.points {
			rows[row] = true
		}
	}
	u := w.group.run
	for row := range rows {
		used.points++
		used.samples += len(u.points[row].rows)
	}
	lone := map[int]bool{}
	for _, c := range used.cells {
		used.count(u.points[c.row].roster)
		lone[c.row] = lone[c.row] || u.points[c.row].blocks == 1
	}
	used.lone = countTrue(lone)
	return used
}

func (w *worker) usedSamples() usedRows {
	used := usedRows{drawn: true, rows: map[int]bool{}}
	for i := range w.group.drawn {
		d := &w.group.drawn[i]
		if len(d.rows) == 0 {
			continue
		}
		used.points++
		used.samples += len(d.rows)
		used.rows[w.group.points[i]] = true
		used.count(d.roster)
		used.unlike = used.unlike || w.group.unlike(d.rows)
		if d.blocks == 1 {
			used.lone++
		}
	}
	return used
}

// unlike tells whether samples of one point differ in a number that the value
// names.
func (g *group) unlike(rows []int32) bool {
	for i := range g.columns {
		numbers := g.columns[i].numbers
		if numbers != nil && slices.ContainsFunc(rows, func(row int32) bool { return numbers[row] != numbers[rows[0]] }) {
			return true
		}
	}
	return false
}

func (u *usedRows) count(r *roster) {
	if u.blocks == 0 || r.blocks < u.blocks {
		u.blocks = r.blocks
	}
}

// varies says that what the value was made of is not the same in every
// repetition. It is known once the cells are resampled.
func (u *usedRows) varies() bool {
	if u.drawn {
		return u.unlike
	}
	for _, c := range u.cells {
		if c.drawn != nil {
			return true
		}
	}
	return false
}

func countTrue(set map[int]bool) int {
	n := 0
	for _, yes := range set {
		if yes {
			n++
		}
	}
	return n
}
