package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// grouped makes rows of groups: each row is what its group met, shared times,
// and a part of its own.
func grouped(rng *rand.Rand, groups, size int, shared float64) (rows []float64, starts []int32) {
	for range groups {
		starts = append(starts, int32(len(rows)))
		common := rng.NormFloat64()
		for range size {
			rows = append(rows, shared*common+(1-shared)*rng.NormFloat64())
		}
	}
	return rows, starts
}

// groupedInterval is how rows in groups are meant to be judged.
func groupedInterval(rows []float64, starts []int32, q float64) (Interval, int, bool) {
	sorted := slices.Sorted(slices.Values(rows))
	worth := WorthOf(rows, starts, Quantile(sorted, q), 0.95)
	i, ok := GroupedQuantileInterval(sorted, worth, q, 0.95)
	return i, worth, ok
}

// One number written down many times is one number: the interval is that of one
// row per group.
func TestCopiesAreWorthOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(6, 60).Draw(t, "groups")
		size := rapid.IntRange(1, 40).Draw(t, "size")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var rows, ones []float64
		var starts []int32
		for range groups {
			starts = append(starts, int32(len(rows)))
			v := rng.NormFloat64()
			ones = append(ones, v)
			for range size {
				rows = append(rows, v)
			}
		}
		slices.Sort(ones)
		want, _ := QuantileInterval(ones, 0.5, 0.95)
		if got, worth, ok := groupedInterval(rows, starts, 0.5); !ok || got != want {
			t.Fatalf("%d groups of %d copies: %v worth %d, want %v", groups, size, got, worth, want)
		}
	})
}

// Rows that are worth their number have the interval of independent ones.
func TestAllWorthIsTheExactInterval(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{6, 17, 100, 1001} {
		x := make([]float64, n)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		slices.Sort(x)
		for _, q := range []float64{0.5, 0.9, 0.99} {
			want, wantOK := QuantileInterval(x, q, 0.95)
			got, ok := GroupedQuantileInterval(x, n, q, 0.95)
			if ok != wantOK || ok && got != want {
				t.Errorf("n=%d q=%g: %v %v, want %v %v", n, q, got, ok, want, wantOK)
			}
		}
	}
}

// The intervals hold the truth as often as they say, whether the rows of a group
// have nothing in common, much, or all; those that take rows to be independent
// do not.
func TestCoverageOfGroups(t *testing.T) {
	t.Parallel()
	const trials = 600
	for _, c := range []struct {
		groups, size int
		shared, q    float64
	}{
		{8, 30, 0, 0.5}, {8, 30, 0.5, 0.5}, {8, 30, 1, 0.5}, {30, 20, 0.5, 0.5}, {30, 20, 0.3, 0.95}, {20, 50, 0, 0.95},
		{5, 100, 0.2, 0.5},
	} {
		rng := rand.New(rand.NewPCG(uint64(c.groups), uint64(100*c.shared)))
		truth := math.Hypot(c.shared, 1-c.shared) * math.Sqrt2 * math.Erfinv(2*c.q-1)
		missed, naive := 0, 0
		for range trials {
			rows, starts := grouped(rng, c.groups, c.size, c.shared)
			if i, _, ok := groupedInterval(rows, starts, c.q); ok && (truth < i.Lo || truth > i.Hi) {
				missed++
			}
			slices.Sort(rows)
			if i, ok := QuantileInterval(rows, c.q, 0.95); ok && (truth < i.Lo || truth > i.Hi) {
				naive++
			}
		}
		if share := float64(missed) / trials; share > 0.075 {
			t.Errorf("%+v: %.1f%% of the intervals miss", c, 100*share)
		}
		if share := float64(naive) / trials; c.shared >= 0.5 && share < 0.3 {
			t.Errorf("%+v: rows taken for independent miss %.1f%% of the time: the test shows nothing", c, 100*share)
		}
	}
}

func TestWorthHasBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 20), 1, 30).Draw(t, "sizes")
		var rows []float64
		var starts []int32
		for _, size := range sizes {
			starts = append(starts, int32(len(rows)))
			for range size {
				rows = append(rows, float64(rapid.IntRange(0, 5).Draw(t, "v")))
			}
		}
		at := Quantile(slices.Sorted(slices.Values(rows)), 0.5)
		worth := WorthOf(rows, starts, at, 0.95)
		if len(sizes) < minGroups {
			if worth != 0 {
				t.Fatalf("%d groups are worth %d", len(sizes), worth)
			}
		} else if worth < 1 || worth > len(rows) {
			t.Fatalf("%d rows are worth %d", len(rows), worth)
		}
	})
}

// scipy.stats.t.ppf(0.975, [4, 9, 29]).
func TestShrinkIsStudentsT(t *testing.T) {
	t.Parallel()
	z := 1.959963984540054
	for groups, student := range map[int]float64{5: 2.7764451051977987, 10: 2.2621571627409915, 30: 2.045229642132703} {
		if got, want := shrink(groups, 0.95), z*z/(student*student); !near(got, want, 1e-9) {
			t.Errorf("%d groups: %v, want %v", groups, got, want)
		}
	}
}
