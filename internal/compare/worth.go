package compare

import (
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"runx/internal/stats"
)

// mostFollowing bounds the estimate of a correlation: what is nearer to 1 is not
// told from 1 by so few samples.
const mostFollowing = 0.99

// A series is the repetitions of one metric at one point of one side, in the
// order in which they were taken.
type series struct {
	values []float64 // logarithms, or as they are
	rounds []int
	ranks  []float64
	// following is by how much a repetition follows the one before: the correlation
	// of the ranks at lag 1, corrected for the bias that few of them give it.
	following float64
	// evident says that it follows by more than chance explains.
	evident bool
	// worth is the number of independent repetitions that would know as much.
	worth float64
}

func newSeries(values []float64, rounds []int) *series {
	s := &series{values: values, rounds: rounds, ranks: stats.MidRanks(values), worth: float64(len(values))}
	n := float64(len(values))
	if len(values) < 4 {
		return s
	}
	middle := (n + 1) / 2
	var square, product float64
	for i, r := range s.ranks {
		square += (r - middle) * (r - middle)
		if i > 0 {
			product += (r - middle) * (s.ranks[i-1] - middle)
		}
	}
	if square > 0 {
		r := product / square
		s.following = r + (1+3*r)/n
		s.evident = r > 1/math.Sqrt(n)
	}
	return s
}

// setWorth takes the larger of what the series itself and what all series of
// the metric together show of correlation: one short series cannot show it, and
// points that are measured in the same way follow in the same way.
func (s *series) setWorth(common float64) {
	n := float64(len(s.values))
	following := max(common, 0)
	if s.evident {
		following = max(following, s.following)
		s.worth = min(n, stats.EffectiveSize(s.ranks))
	}
	following = min(following, mostFollowing)
	s.worth = max(min(s.worth, n*(1-following)/(1+following)), min(n, 1))
}

// commonFollowing is the mean correlation of all series at lag 1, 0 where it is
// not evident. Longer series have more say.
func commonFollowing(all []*series) float64 {
	var sum, weight float64
	for _, s := range all {
		n := float64(len(s.values))
		if len(s.values) < 4 {
			continue
		}
		sum += n * s.following
		weight += n
	}
	if weight == 0 {
		return 0
	}
	mean, chance := sum/weight, 1/math.Sqrt(weight) // the variance of one is about 1/n
	if mean < 2*chance {
		return 0
	}
	return mean
}

// calibrated lowers the worth of two series such that the normal approximation
// at a level, of both tails, is as wide as Student's t: the correlation is
// estimated from as few repetitions as the shift is. It is as it was where every
// repetition counts in full, because nothing was estimated then.
func calibrated(a, b *series, level float64) (worthA, worthB float64) {
	if a.worth >= float64(len(a.values)) && b.worth >= float64(len(b.values)) {
		return a.worth, b.worth
	}
	z := distuv.UnitNormal.Quantile(level / 2)
	t := distuv.StudentsT{Sigma: 1, Nu: freedom(a, b)}.Quantile(level / 2)
	f := (z / t) * (z / t)
	return a.worth * f, b.worth * f
}

// freedom is the degrees of freedom of a difference.
func freedom(a, b *series) float64 { return max(a.worth+b.worth-2, 1) }

// together is by how much the variance of a mean over points is larger than if
// these varied by themselves, at least 1, and how many independent rounds know
// that: a machine that is slow for a while is so for all points of these rounds,
// and a slow while may last longer than one point alone lets see.
func together(all []*series) (factor, rounds float64) {
	sums := map[int]float64{}
	var alone, lasting float64
	for _, s := range all {
		n := float64(len(s.ranks))
		var square float64
		for _, r := range s.ranks {
			square += (r - (n+1)/2) * (r - (n+1)/2)
		}
		if square == 0 {
			continue
		}
		spread := math.Sqrt(square / n)
		for i, r := range s.ranks {
			sums[s.rounds[i]] += (r - (n+1)/2) / spread
		}
		alone += n
		lasting += n * n / s.worth
	}
	if alone == 0 {
		return 1, math.Inf(1)
	}
	var joint float64
	var inOrder []float64
	for _, round := range slices.Sorted(maps.Keys(sums)) {
		joint += sums[round] * sums[round]
		inOrder = append(inOrder, sums[round])
	}
	while := newSeries(inOrder, nil)
	while.setWorth(0)
	lasting /= alone // rounds that one disturbance of a point counts for
	return max(joint/alone*max(float64(len(inOrder))/while.worth/lasting, 1), 1), while.worth
}
