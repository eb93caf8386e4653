package figure

import (
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
)

// A grid is a table of numbers by two categories; what is missing is NaN. Cell
// (x, y) lies from (x-0.5, y-0.5) to (x+0.5, y+0.5).
type grid struct {
	width, height int
	cells         []float64 // row by row
}

func newGrid(width, height int) *grid {
	g := &grid{width: width, height: height, cells: make([]float64, width*height)}
	for i := range g.cells {
		g.cells[i] = math.NaN()
	}
	return g
}

func (g *grid) at(x, y int) float64 { return g.cells[y*g.width+x] }

// An edge is a border between two cells, from corner to corner. Corner (i, j)
// lies at (i-0.5, j-0.5).
type edge struct{ a, b [2]int }

// frontier returns the line that parts the cells below level from those at or
// above it, in steps along the borders of cells. Between cells one of which is
// missing nothing is known, and there is no line.
func (g *grid) frontier(level float64) []plotter.XYs {
	var edges []edge
	parts := func(a, b float64) bool {
		return !math.IsNaN(a) && !math.IsNaN(b) && (a < level) != (b < level)
	}
	for y := range g.height {
		for x := range g.width {
			if x+1 < g.width && parts(g.at(x, y), g.at(x+1, y)) {
				edges = append(edges, edge{[2]int{x + 1, y}, [2]int{x + 1, y + 1}})
			}
			if y+1 < g.height && parts(g.at(x, y), g.at(x, y+1)) {
				edges = append(edges, edge{[2]int{x, y + 1}, [2]int{x + 1, y + 1}})
			}
		}
	}
	var lines []plotter.XYs
	for _, corners := range chains(edges) {
		line := make(plotter.XYs, 0, len(corners))
		for _, c := range corners {
			line = append(line, plotter.XY{X: float64(c[0]) - 0.5, Y: float64(c[1]) - 0.5})
		}
		lines = append(lines, straighten(line))
	}
	return lines
}

// chains joins edges that share a corner into lines. A line begins at an open
// end where there is one; what is left are rings.
func chains(edges []edge) [][][2]int {
	at := map[[2]int][]int{} // unused edges by corner
	for i, e := range edges {
		at[e.a], at[e.b] = append(at[e.a], i), append(at[e.b], i)
	}
	take := func(i int) {
		for _, c := range [][2]int{edges[i].a, edges[i].b} {
			at[c] = slices.DeleteFunc(at[c], func(j int) bool { return j == i })
		}
	}
	walk := func(from [2]int) [][2]int {
		line := [][2]int{from}
		for len(at[from]) > 0 {
			i := at[from][0]
			take(i)
			if from == edges[i].a {
				from = edges[i].b
			} else {
				from = edges[i].a
			}
			line = append(line, from)
		}
		return line
	}
	var lines [][][2]int
	for _, open := range []bool{true, false} {
		for _, e := range edges {
			for _, c := range [][2]int{e.a, e.b} {
				if n := len(at[c]); n > 0 && (n%2 == 1 || !open) {
					lines = append(lines, walk(c))
				}
			}
		}
	}
	return lines
}

// straighten leaves out the points between the ends of a straight piece.
func straighten(line plotter.XYs) plotter.XYs {
	var kept plotter.XYs
	for i, p := range line {
		if i > 0 && i < len(line)-1 {
			a, b := line[i-1], line[i+1]
			if a.X == p.X && p.X == b.X || a.Y == p.Y && p.Y == b.Y {
				continue
			}
		}
		kept = append(kept, p)
	}
	return kept
}
