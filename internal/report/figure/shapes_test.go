package figure

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/plot/plotter"
	"pgregory.net/rapid"
)

func identity(x float64) float64 { return x }

func TestECDFSteps(t *testing.T) {
	t.Parallel()
	got := ecdfSteps([]float64{1, 2, 2, 4}, func(x float64) float64 { return (x - 1) / 3 }, maxSteps)
	want := plotter.XYs{{X: 1, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 0.25}, {X: 2, Y: 0.25}, {X: 2, Y: 0.75}, {X: 4, Y: 0.75}, {X: 4, Y: 1}}
	if !slices.Equal(got, want) {
		t.Errorf("steps are %v, want %v", got, want)
	}
	if got := ecdfSteps(nil, identity, maxSteps); got != nil {
		t.Errorf("no sample makes steps %v", got)
	}
}

func TestECDFStepsProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3000).Draw(t, "n")
		seed := rapid.Uint64().Draw(t, "seed")
		distinct := rapid.Float64Range(1, 1e4).Draw(t, "distinct")
		rng := rand.New(rand.NewPCG(seed, 1))
		samples := make([]float64, n)
		for i := range samples {
			samples[i] = math.Floor(rng.Float64() * distinct)
		}
		slices.Sort(samples)
		lo, width := samples[0], max(samples[n-1]-samples[0], 1)
		place := func(x float64) float64 { return (x - lo) / width }
		steps := ecdfSteps(samples, place, maxSteps)
		if len(steps) > 4*maxSteps+8 {
			t.Fatalf("%d corners", len(steps))
		}
		if last := steps[len(steps)-1]; last.X != samples[n-1] || last.Y != 1 {
			t.Fatalf("the curve ends at %v", last)
		}
		for i, s := range steps {
			if i > 0 && (s.X < steps[i-1].X || s.Y < steps[i-1].Y) {
				t.Fatalf("the curve goes back from %v to %v", steps[i-1], s)
			}
			// The truth at s.X, from below and from above.
			below, _ := slices.BinarySearch(samples, s.X)
			above, _ := slices.BinarySearch(samples, math.Nextafter(s.X, math.Inf(1)))
			if s.Y < float64(below)/float64(n)-1.0/maxSteps-1e-9 || s.Y > float64(above)/float64(n)+1e-9 {
				t.Fatalf("at %v the curve is %v, the share of samples %v to %v", s.X, s.Y, float64(below)/float64(n), float64(above)/float64(n))
			}
		}
	})
}

// TestDKWWidth has the value of Massart's bound for 100 samples.
func TestDKWWidth(t *testing.T) {
	t.Parallel()
	if got := dkwWidth(100, 0.95); math.Abs(got-0.13581015) > 1e-7 {
		t.Errorf("half the width is %v", got)
	}
}

func TestBoxOf(t *testing.T) {
	t.Parallel()
	many := make([]float64, 1000)
	for i := range many {
		many[i] = float64(i)
	}
	far := slices.Clone(many)
	for i := range 100 {
		far[900+i] = 1e6 + float64(i)
	}
	for _, c := range []struct {
		name   string
		sorted []float64
		want   boxplot
		some   int // outliers shown
	}{
		// numpy.percentile([...], [25, 50, 75]) and matplotlib.cbook.boxplot_stats
		{"one", []float64{3}, boxplot{q1: 3, median: 3, q3: 3, low: 3, high: 3}, 0},
		{"two", []float64{1, 2}, boxplot{q1: 1.25, median: 1.5, q3: 1.75, low: 1, high: 2}, 0},
		{"outlier", []float64{1, 2, 3, 4, 100}, boxplot{q1: 2, median: 3, q3: 4, low: 1, high: 4, beyond: 1}, 1},
		{"both sides", []float64{-90, 10, 11, 12, 13, 14, 90}, boxplot{q1: 10.5, median: 12, q3: 13.5, low: 10, high: 14, beyond: 2}, 2},
		{"even", many, boxplot{q1: 249.75, median: 499.5, q3: 749.25, low: 0, high: 999}, 0},
		{"many outliers", far, boxplot{q1: 249.75, median: 499.5, q3: 749.25, low: 0, high: 899, beyond: 100}, maxOutliers},
	} {
		got := boxOf(c.sorted)
		if len(got.outliers) != c.some {
			t.Errorf("%s: %d outliers shown, want %d", c.name, len(got.outliers), c.some)
		}
		if c.some > 0 && got.outliers[c.some-1] != c.sorted[len(c.sorted)-1] {
			t.Errorf("%s: the largest outlier is not shown", c.name)
		}
		got.outliers = nil
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestBoxProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sorted := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 200).Draw(t, "samples")
		slices.Sort(sorted)
		b := boxOf(sorted)
		if !slices.IsSorted([]float64{b.low, b.q1, b.median, b.q3, b.high}) {
			t.Fatalf("out of order: %+v", b)
		}
		for _, x := range b.outliers {
			if x >= b.low && x <= b.high {
				t.Fatalf("outlier %v within the whiskers of %+v", x, b)
			}
		}
	})
}

func TestFrontier(t *testing.T) {
	t.Parallel()
	g := newGrid(3, 3)
	for y := range 3 {
		for x := range 3 {
			g.set(x, y, float64(x+y))
		}
	}
	// x+y >= 2 lies above a staircase from the top left to the bottom right.
	want := plotter.XYs{{X: 1.5, Y: -0.5}, {X: 1.5, Y: 0.5}, {X: 0.5, Y: 0.5}, {X: 0.5, Y: 1.5}, {X: -0.5, Y: 1.5}}
	got := g.frontier(2)
	if len(got) != 1 {
		t.Fatalf("%d lines: %v", len(got), got)
	}
	line := got[0]
	if line[0] != want[0] {
		slices.Reverse(line)
	}
	if !slices.Equal(line, want) {
		t.Errorf("the line is %v, want %v", line, want)
	}
	if lines := g.frontier(9); lines != nil {
		t.Errorf("a level above all cells has lines %v", lines)
	}
	g.set(2, 0, math.NaN())
	g.set(1, 0, math.NaN())
	for _, p := range g.frontier(2)[0] {
		if p.Y < 0.5 {
			t.Errorf("the line passes %v beside a missing cell", p)
		}
	}
}

func TestFrontierRing(t *testing.T) {
	t.Parallel()
	g := newGrid(3, 3)
	for i := range g.cells {
		g.cells[i] = 0
	}
	g.set(1, 1, 5)
	lines := g.frontier(1)
	if len(lines) != 1 || len(lines[0]) < 5 || lines[0][0] != lines[0][len(lines[0])-1] {
		t.Errorf("a peak has the lines %v, want a ring", lines)
	}
}

// TestFrontierSeparates walks every border between two cells: the frontier runs
// along it exactly where one is below the level and the other is not.
func TestFrontierSeparates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := newGrid(rapid.IntRange(1, 9).Draw(t, "width"), rapid.IntRange(1, 9).Draw(t, "height"))
		for i := range g.cells {
			if v := rapid.IntRange(-1, 4).Draw(t, "cell"); v >= 0 {
				g.cells[i] = float64(v)
			}
		}
		level := rapid.SampledFrom([]float64{0, 0.5, 1, 2, 3.5}).Draw(t, "level")
		covered := map[plotter.XY]int{} // by the middle of a border
		for _, line := range g.frontier(level) {
			for i := 1; i < len(line); i++ {
				a, b := line[i-1], line[i]
				n := math.Abs(b.X-a.X) + math.Abs(b.Y-a.Y)
				for k := range int(n) {
					s := (float64(k) + 0.5) / n
					covered[plotter.XY{X: a.X + s*(b.X-a.X), Y: a.Y + s*(b.Y-a.Y)}]++
				}
			}
		}
		known := func(v float64) bool { return !math.IsNaN(v) }
		expect := func(at plotter.XY, a, b float64) {
			want := 0
			if known(a) && known(b) && (a < level) != (b < level) {
				want = 1
			}
			if covered[at] != want {
				t.Fatalf("the frontier of %v passes %v %d times, want %d, in %+v", level, at, covered[at], want, g)
			}
		}
		for y := range g.height {
			for x := range g.width {
				if x+1 < g.width {
					expect(plotter.XY{X: float64(x) + 0.5, Y: float64(y)}, g.at(x, y), g.at(x+1, y))
				}
				if y+1 < g.height {
					expect(plotter.XY{X: float64(x), Y: float64(y) + 0.5}, g.at(x, y), g.at(x, y+1))
				}
			}
		}
	})
}

func TestStack(t *testing.T) {
	t.Parallel()
	got, total, missing := stack([]float64{2, -1, math.NaN(), 3, -4})
	want := []segment{{0, 0, 2}, {1, 0, -1}, {3, 2, 5}, {4, -1, -5}}
	if !slices.Equal(got, want) || total != 0 || missing != 1 {
		t.Errorf("stack is %v, total %v, missing %d", got, total, missing)
	}
}

func TestCascade(t *testing.T) {
	t.Parallel()
	got, total, missing := cascade([]float64{2, math.NaN(), 3, -1})
	want := []segment{{0, 0, 2}, {2, 2, 5}, {3, 5, 4}}
	if !slices.Equal(got, want) || total != 4 || missing != 1 {
		t.Errorf("cascade is %v, total %v, missing %d", got, total, missing)
	}
}

func TestStackProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.Float64Range(-1e3, 1e3)).Draw(t, "parts")
		sum := 0.0
		for _, v := range parts {
			sum += v
		}
		for name, build := range map[string]func([]float64) ([]segment, float64, int){"stack": stack, "cascade": cascade} {
			segments, total, _ := build(parts)
			if math.Abs(total-sum) > 1e-6 {
				t.Fatalf("%s of %v: total %v, sum %v", name, parts, total, sum)
			}
			for i, s := range segments {
				if math.Abs(s.to-s.from-parts[i]) > 1e-6 {
					t.Fatalf("%s of %v: part %d is %v", name, parts, i, s)
				}
			}
		}
	})
}

func TestRunningMedian(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-10, 10), 1, 60).Draw(t, "values")
		window := rapid.IntRange(0, 10).Draw(t, "half")*2 + 1
		got := runningMedian(values, window)
		for i := range values {
			near := slices.Sorted(slices.Values(values[max(0, i-window/2):min(len(values), i+window/2+1)]))
			want := near[len(near)/2]
			if len(near)%2 == 0 {
				want = near[len(near)/2-1] + 0.5*(near[len(near)/2]-near[len(near)/2-1])
			}
			if math.Abs(got[i]-want) > 1e-12 {
				t.Fatalf("median %d of %v by %d is %v, want %v", i, values, window, got[i], want)
			}
		}
	})
}

func (g *grid) set(x, y int, v float64) { g.cells[y*g.width+x] = v }
