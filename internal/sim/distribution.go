package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// A Distribution draws durations that are not negative. It may remember what it
// drew: one distribution serves one stream.
type Distribution interface {
	Draw(r *rand.Rand) time.Duration
}

// Poisson are the gaps of a Poisson process: arrivals that know nothing of each
// other.
type Poisson struct {
	Mean time.Duration // of a gap
}

// Draw returns the next gap.
func (d Poisson) Draw(r *rand.Rand) time.Duration { return exponential(r, float64(d.Mean)) }

// Paced are equal gaps.
type Paced struct {
	Mean time.Duration // each gap
}

// Draw returns the gap.
func (d Paced) Draw(*rand.Rand) time.Duration { return d.Mean }

// Bursty are the gaps of a Markov-modulated Poisson process with two states.
// Calm and burst alternate and last for exponential times; in each one arrivals
// are a Poisson process with a rate of its own. The mean rate over a long time is
// that of a Poisson process with the same Mean. It starts calm.
type Bursty struct {
	Mean time.Duration // of a gap, over a long time
	// Factor is the rate within a burst over the mean rate, above 1.
	Factor float64
	// Share is the share of the time that is within bursts, above 0 and at most
	// 1/Factor: then nothing arrives between bursts.
	Share float64
	// Burst is how long a burst lasts, in the mean.
	Burst time.Duration

	bursting bool
	left     float64 // of the present state, in nanoseconds; 0 before the first draw
}

// NewBursty returns bursts of three times the mean rate for a quarter of the
// time, some 100 arrivals in each; a third of the mean rate is left for the
// time between.
func NewBursty(mean time.Duration) *Bursty {
	return &Bursty{Mean: mean, Factor: 3, Share: 0.25, Burst: 33 * mean}
}

// Reset begins anew.
func (d *Bursty) Reset() { d.bursting, d.left = false, 0 }

// Draw returns the next gap.
func (d *Bursty) Draw(r *rand.Rand) time.Duration {
	if d.left == 0 {
		d.left = d.stay(r)
	}
	var gap float64
	for {
		// The process has no memory: a gap that the end of the state cuts off is
		// drawn anew at the rate of the next one.
		next := math.Inf(1)
		if rate := d.rate(); rate > 0 {
			next = r.ExpFloat64() / rate
		}
		if next < d.left {
			d.left -= next
			return duration(gap + next)
		}
		gap += d.left
		d.bursting = !d.bursting
		d.left = d.stay(r)
	}
}

// rate is that of the present state, per nanosecond.
func (d *Bursty) rate() float64 {
	if d.bursting {
		return d.Factor / float64(d.Mean)
	}
	return max(0, 1-d.Factor*d.Share) / (1 - d.Share) / float64(d.Mean)
}

// stay draws how long the present state lasts.
func (d *Bursty) stay(r *rand.Rand) float64 {
	mean := float64(d.Burst)
	if !d.bursting {
		mean *= (1 - d.Share) / d.Share
	}
	return mean * r.ExpFloat64()
}

// Exponential are service times without memory: coefficient of variation 1.
type Exponential struct {
	Mean time.Duration
}

// Draw returns the next service time.
func (d Exponential) Draw(r *rand.Rand) time.Duration { return exponential(r, float64(d.Mean)) }

// Lognormal are service times with a heavy tail. NewLognormal makes one from
// its mean.
type Lognormal struct {
	mu, sigma float64
}

// NewLognormal returns the lognormal distribution with this mean and coefficient
// of variation (standard deviation over mean).
func NewLognormal(mean time.Duration, cv float64) Lognormal {
	variance := math.Log1p(cv * cv)
	return Lognormal{mu: math.Log(float64(mean)) - variance/2, sigma: math.Sqrt(variance)}
}

// Draw returns the next service time.
func (d Lognormal) Draw(r *rand.Rand) time.Duration {
	return duration(math.Exp(d.mu + d.sigma*r.NormFloat64()))
}

// Deterministic are equal service times.
type Deterministic struct {
	Mean time.Duration
}

// Draw returns the service time.
func (d Deterministic) Draw(*rand.Rand) time.Duration { return d.Mean }

func exponential(r *rand.Rand, mean float64) time.Duration {
	return duration(mean * r.ExpFloat64())
}

// longest is what a duration holds, with room for sums: 73 years.
const longest = math.MaxInt64 / 4

// duration rounds nanoseconds.
func duration(ns float64) time.Duration { return time.Duration(min(ns+0.5, longest)) }
