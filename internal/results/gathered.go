package results

import "github.com/parquet-go/parquet-go"

// gathered are the values of one metric by point: those of point i begin at the
// start of the point and are counts[i]. Where repetitions yield several samples,
// groups has, from the same start on, the place of the first value of each,
// counted within the point; they are groupCounts[i].
type gathered struct {
	values      []float64
	counts      []int
	groups      []int32 // nil where each sample is a repetition
	groupCounts []int
	fresh       []bool // a repetition began, and all its values so far are NULL
}

func newGathered(b *block) *gathered {
	points, samples := b.to-b.from, b.starts[b.to-b.from]
	g := &gathered{values: make([]float64, samples), counts: make([]int, points)}
	if b.grouped {
		g.groups, g.groupCounts, g.fresh = make([]int32, samples), make([]int, points), make([]bool, points)
	}
	return g
}

func (g *gathered) clear() {
	clear(g.counts)
	clear(g.groupCounts)
	clear(g.fresh)
}

func (g *gathered) add(point, start int, v parquet.Value, first bool) {
	if first && g.groups != nil {
		g.fresh[point] = true
	}
	if v.IsNull() {
		return
	}
	if g.groups != nil && g.fresh[point] {
		g.groups[start+g.groupCounts[point]] = int32(g.counts[point])
		g.groupCounts[point]++
		g.fresh[point] = false
	}
	g.values[start+g.counts[point]] = v.Double()
	g.counts[point]++
}

// of returns the values of a point and where its repetitions begin; nil says
// that each value is one.
func (g *gathered) of(point, start int) (values []float64, groups []int32) {
	values = g.values[start:][:g.counts[point]]
	if g.groups != nil && g.groupCounts[point] < len(values) {
		groups = g.groups[start:][:g.groupCounts[point]]
	}
	return values, groups
}
