package sim

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// The mean and the coefficient of variation of many draws are those that the
// distribution states. Those of a bursty process are correlated, so its mean
// wants more draws.
func TestDistributionsHaveTheirMoments(t *testing.T) {
	t.Parallel()
	const mean = time.Millisecond
	for name, c := range map[string]struct {
		d         Distribution
		cv        float64 // NaN: not checked
		tolerance float64
	}{
		"poisson":       {Poisson{Mean: mean}, 1, 0.01},
		"paced":         {Paced{Mean: mean}, 0, 1e-12},
		"bursty":        {NewBursty(mean), math.NaN(), 0.03},
		"silent bursty": {&Bursty{Mean: mean, Factor: 4, Share: 0.25, Burst: 20 * mean}, math.NaN(), 0.03},
		"exponential":   {Exponential{Mean: mean}, 1, 0.01},
		"lognormal":     {NewLognormal(mean, 2), 2, 0.05},
		"deterministic": {Deterministic{Mean: mean}, 0, 1e-12},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n = 500_000
			r := newRand(1)
			var sum, squares float64
			for range n {
				x := float64(c.d.Draw(r)) / float64(mean)
				if x < 0 {
					t.Fatalf("drew %v means", x)
				}
				sum += x
				squares += x * x
			}
			got := sum / n
			if math.Abs(got-1) > c.tolerance {
				t.Errorf("the mean of the draws is %v times the mean", got)
			}
			if cv := math.Sqrt(max(0, squares/n-got*got)) / got; !math.IsNaN(c.cv) && math.Abs(cv-c.cv) > 5*c.tolerance {
				t.Errorf("coefficient of variation %v, want %v", cv, c.cv)
			}
		})
	}
}

// The counts of a Poisson process in equal windows have a variance as large as
// their mean. Those of a Markov-modulated one are 1 + 2·Var(rate)·τ/mean rate
// times that in windows much longer than the correlation time τ of the rate
// (Fischer and Meier-Hellstern, "The Markov-modulated Poisson process cookbook",
// Performance Evaluation 18, 1993).
func TestBurstyIsAsBurstyAsStated(t *testing.T) {
	t.Parallel()
	const mean = time.Millisecond
	bursty := NewBursty(mean)
	calm := float64(bursty.Burst) * (1 - bursty.Share) / bursty.Share
	tau := 1 / (1/float64(bursty.Burst) + 1/calm) / float64(mean)
	calmRate := (1 - bursty.Factor*bursty.Share) / (1 - bursty.Share)
	variance := bursty.Share * (1 - bursty.Share) * (bursty.Factor - calmRate) * (bursty.Factor - calmRate)
	for name, c := range map[string]struct {
		d    Distribution
		want float64
	}{
		"poisson": {Poisson{Mean: mean}, 1},
		"bursty":  {bursty, 1 + 2*variance*tau},
	} {
		if got := dispersion(c.d, 5*time.Second, 2000); math.Abs(got/c.want-1) > 0.15 {
			t.Errorf("%s: variance of counts over mean %.2f, want about %.2f", name, got, c.want)
		}
	}
}

// dispersion is the variance over the mean of the arrivals in windows.
func dispersion(d Distribution, window time.Duration, windows int) float64 {
	r := newRand(2)
	var sum, squares float64
	var now time.Duration
	for w := range windows {
		count := 0.0
		for ; now < time.Duration(w+1)*window; now += d.Draw(r) {
			count++
		}
		sum += count
		squares += count * count
	}
	mean := sum / float64(windows)
	return (squares/float64(windows) - mean*mean) / mean
}
