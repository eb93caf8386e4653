package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// coverage says how often the percentile interval of so many blocks holds the
// truth: as it is meant to be used, and plainly, as many drawn as there are and
// without the width of Student's t.
func coverage(n int, draw func(*rand.Rand) float64, truth float64, statistic func(*Blocked, []int32) float64) (meant, plain float64) {
	const trials, resamples = 400, 999
	rng := rand.New(rand.NewPCG(uint64(n), 7))
	x, block := make([]float64, n), make([]int32, n)
	counts := make([]int32, n)
	values, plainly := make([]float64, resamples), make([]float64, resamples)
	for trial := range trials {
		for i := range x {
			x[i], block[i] = draw(rng), int32(i)
		}
		w := NewBlocked(x, block, n)
		r := Resampler{Seed: 1, Stream: uint64(trial)}
		for b := range values {
			r.Draw(counts, b)
			values[b] = statistic(w, counts)
			counts[rng.IntN(n)]++
			plainly[b] = statistic(w, counts)
		}
		if i, ok := PercentileInterval(values, SmallSampleConfidence(0.95, n)); ok && i.Lo <= truth && truth <= i.Hi {
			meant++
		}
		if i, ok := PercentileInterval(plainly, 0.95); ok && i.Lo <= truth && truth <= i.Hi {
			plain++
		}
	}
	return meant / trials, plain / trials
}

func TestBootstrapCovers(t *testing.T) {
	t.Parallel()
	normal := func(rng *rand.Rand) float64 { return rng.NormFloat64() }
	lognormal := func(rng *rand.Rand) float64 { return math.Exp(rng.NormFloat64() / 2) }
	mean := (*Blocked).Mean
	median := func(w *Blocked, counts []int32) float64 { return w.Quantile(counts, 0.5) }
	for _, c := range []struct {
		name      string
		n         int
		draw      func(*rand.Rand) float64
		truth     float64
		statistic func(*Blocked, []int32) float64
		least     float64
	}{
		{"mean of normal", 5, normal, 0, mean, .88},
		{"mean of normal", 10, normal, 0, mean, .92},
		{"mean of normal", 30, normal, 0, mean, .91},
		{"mean of lognormal", 5, lognormal, math.Exp(0.125), mean, .85},
		{"mean of lognormal", 10, lognormal, math.Exp(0.125), mean, .88},
		{"mean of lognormal", 30, lognormal, math.Exp(0.125), mean, .90},
		{"median of lognormal", 5, lognormal, 1, median, .90},
		{"median of lognormal", 10, lognormal, 1, median, .94},
		{"median of lognormal", 30, lognormal, 1, median, .925},
	} {
		meant, plain := coverage(c.n, c.draw, c.truth, c.statistic)
		if meant < c.least {
			t.Errorf("%s, %d blocks: covers %.3f, want %.3f at least", c.name, c.n, meant, c.least)
		}
		if plain > meant || c.n == 5 && c.name[:4] == "mean" && plain > 0.88 {
			t.Errorf("%s, %d blocks: plainly it covers %.3f: the test shows nothing", c.name, c.n, plain)
		}
	}
}

// The spread of the mean over resamples is its standard error, not sqrt(1-1/n) of it.
func TestResamplesScatterByTheStandardError(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3, 5, 12} {
		rng := rand.New(rand.NewPCG(uint64(n), 1))
		x, block, counts := make([]float64, n), make([]int32, n), make([]int32, n)
		for i := range x {
			x[i], block[i] = rng.NormFloat64(), int32(i)
		}
		w := NewBlocked(x, block, n)
		means := make([]float64, 20_000)
		for b := range means {
			Resampler{Seed: 3}.Draw(counts, b)
			means[b] = w.Mean(counts)
		}
		if got, want := Std(means), standardError(x); !near(got, want, 0.03) {
			t.Errorf("%d blocks: %g, want %g", n, got, want)
		}
		if got := Mean(means); math.Abs(got-Mean(x)) > 4*standardError(means) {
			t.Errorf("%d blocks: mean %g of %g", n, got, Mean(x))
		}
	}
}

func TestDrawIsTheSameForTheSameNumber(t *testing.T) {
	t.Parallel()
	first, again, other := make([]int32, 40), make([]int32, 40), make([]int32, 40)
	r := Resampler{Seed: 5, Stream: 2}
	r.Draw(first, 9)
	r.Draw(other, 10)
	r.Draw(again, 9)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Errorf("number 9 gives %v and %v, number 10 %v", first, again, other)
	}
	for what, different := range map[string]Resampler{"seed": {Seed: 6, Stream: 2}, "stream": {Seed: 5, Stream: 3}, "swapped": {Seed: 2, Stream: 5}} {
		if different.Draw(again, 9); slices.Equal(first, again) {
			t.Errorf("another %s draws the same", what)
		}
	}
	one := []int32{7}
	if r.Draw(one, 0); one[0] != 1 {
		t.Errorf("one block is drawn %d times", one[0])
	}
	r.Draw(nil, 0)
}

// Statistics of counts are those of the samples written out.
func TestBlockedIsTheSamplesRepeated(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		blocks := rapid.IntRange(1, 8).Draw(t, "blocks")
		x := rapid.SliceOfN(rapid.Map(rapid.IntRange(-20, 20), func(i int) float64 { return float64(i) / 4 }), 1, 40).Draw(t, "x")
		block, counts := make([]int32, len(x)), make([]int32, blocks)
		for i := range block {
			block[i] = int32(rapid.IntRange(0, blocks-1).Draw(t, "block"))
		}
		for i := range counts {
			counts[i] = int32(rapid.IntRange(0, 3).Draw(t, "count"))
		}
		var drawn []float64
		for i, v := range x {
			for range counts[block[i]] {
				drawn = append(drawn, v)
			}
		}
		slices.Sort(drawn)
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		least, top := math.NaN(), math.NaN()
		if len(drawn) > 0 {
			least, top = drawn[0], drawn[len(drawn)-1]
		}
		w := NewBlocked(x, block, blocks)
		for what, c := range map[string][2]float64{
			"quantile": {w.Quantile(counts, q), Quantile(drawn, q)}, "n": {float64(w.N(counts)), float64(len(drawn))},
			"mean": {w.Mean(counts), Mean(drawn)}, "std": {w.Std(counts), Std(drawn)}, "skewness": {w.Skewness(counts), Skewness(drawn)},
			"min": {w.Min(counts), least}, "max": {w.Max(counts), top},
		} {
			if math.Abs(c[0]-c[1]) > 1e-9 || math.IsNaN(c[0]) != math.IsNaN(c[1]) {
				t.Fatalf("%s is %v, of the samples written out %v: %v", what, c[0], c[1], drawn)
			}
		}
	})
}

func TestBootstrapIntervalsNest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-100, 100), 20, 200).Draw(t, "values")
		acceleration := rapid.Float64Range(-0.4, 0.4).Draw(t, "acceleration")
		estimate := Quantile(slices.Sorted(slices.Values(values)), 0.5)
		moved := BCa(estimate, values, acceleration)
		narrow, _ := PercentileInterval(moved, 0.5)
		wide, _ := PercentileInterval(moved, 0.9)
		if !slices.IsSorted(moved) || len(moved) != len(values) {
			t.Fatalf("%v", moved)
		}
		if !(wide.Lo <= narrow.Lo && narrow.Hi <= wide.Hi) {
			t.Fatalf("BCa: %v in %v", narrow, wide)
		}
		n, _ := PercentileInterval(values, 0.5)
		p, _ := PercentileInterval(values, 0.9)
		if !(p.Lo <= n.Lo && n.Hi <= p.Hi) {
			t.Fatalf("percentile: %v in %v", n, p)
		}
	})
}

// Where there is nothing to correct, the values are what they were.
func TestBCaWithoutCorrection(t *testing.T) {
	t.Parallel()
	values := []float64{5, 1, 4, 2, 3}
	for what, c := range map[string][2]float64{
		"estimate beyond": {9, 0.1}, "estimate not known": {math.NaN(), 0.1}, "acceleration not known": {3, math.NaN()},
	} {
		if got := BCa(c[0], values, c[1]); !slices.Equal(got, []float64{1, 2, 3, 4, 5}) {
			t.Errorf("%s: %v", what, got)
		}
	}
	many := make([]float64, 2001)
	for i := range many {
		many[i] = float64(i)
	}
	for i, v := range BCa(1000, many, 0) {
		if math.Abs(v-many[i]) > 1 {
			t.Fatalf("without bias and acceleration %g becomes %g", many[i], v)
		}
	}
	if a := Acceleration([]float64{2, 2, 2}, 4, func([]int32, int) {}); a != 0 {
		t.Errorf("without influence: %g", a)
	}
}

func TestSmallSampleShareIsTheOtherWayRound(t *testing.T) {
	t.Parallel()
	for _, blocks := range []int{3, 5, 30, 1000} {
		confidence := SmallSampleConfidence(0.95, blocks)
		if got := SmallSampleShare((1+confidence)/2, blocks); !near(got, 0.975, 1e-9) {
			t.Errorf("%d blocks: %g", blocks, got)
		}
		for _, share := range []float64{0, 0.5, 1} {
			if got := SmallSampleShare(share, blocks); got != share {
				t.Errorf("%d blocks: %g becomes %g", blocks, share, got)
			}
		}
	}
	if got := SmallSampleConfidence(0.95, 1); !math.IsNaN(got) {
		t.Errorf("of one block: %g", got)
	}
}
