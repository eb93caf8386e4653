package stats

import (
	"math/bits"
	"math/rand/v2"
)

// A Resampler draws bootstrap resamples of blocks of samples that belong
// together, such as those of a round. It assumes that blocks are independent of
// each other; within a block anything may be. A resample is a count per block,
// how often it was drawn, so that statistics need no copy of the samples: see
// [Blocked].
//
// Each draw takes one block less than there are, with replacement. That makes
// the spread of a mean over resamples the standard error itself, where as many
// as there are make it too narrow by sqrt(1-1/n). What few blocks leave unsure
// beyond that is up to [SmallSampleConfidence] and [SmallSampleShare].
//
// Of 4000 simulated intervals of 95% so many hold the mean of a normal
// distribution from 5, 10 and 30 blocks: 0.91, 0.95, 0.94 (plainly 0.85, 0.90,
// 0.92); the mean of a lognormal one of shape 0.5: 0.89, 0.92, 0.94 (0.81, 0.88,
// 0.92); its median: 0.94, 0.98, 0.96 (0.94, 0.94, 0.95). So means of few skewed
// blocks stay somewhat too sure.
//
// The resample of a number is the same on any thread, and those of different
// numbers or streams are independent.
//
// Source: J. N. K. Rao, C. F. J. Wu, "Resampling Inference with Complex Survey
// Data", JASA 83, 1988; T. C. Hesterberg, "What Teachers Should Know About the
// Bootstrap", The American Statistician 69(4), 2015, 4.1.
type Resampler struct {
	Seed uint64
	// Stream tells apart what is drawn independently with one seed, such as the
	// points of a run.
	Stream uint64
}

// Draw sets how often each block is in the resample of this number. One block
// alone is always drawn once.
func (r Resampler) Draw(counts []int32, number int) {
	clear(counts)
	n := len(counts)
	if n == 0 {
		return
	}
	sequence := r.sequence(number)
	for range max(n-1, 1) {
		counts[below(&sequence, n)]++
	}
}

// DrawAmong is Draw where blocks have a common numbering with those of others,
// such as the rounds of a run in which each point took part in some: place is
// the block of each number, or -1. All take what is theirs from one sequence, so
// that blocks of the same number are in the same resamples, as far as the
// numbers of blocks allow; each by itself is drawn as by Draw, and exactly so
// where all numbers are its own.
func (r Resampler) DrawAmong(counts, place []int32, number int) {
	clear(counts)
	if len(counts) == 0 {
		return
	}
	sequence := r.sequence(number)
	for left := max(len(counts)-1, 1); left > 0; {
		if block := place[below(&sequence, len(place))]; block >= 0 {
			counts[block]++
			left--
		}
	}
}

func (r Resampler) sequence(number int) rand.PCG {
	seed := scramble(scramble(r.Seed) ^ r.Stream)
	var sequence rand.PCG
	sequence.Seed(seed, scramble(seed^uint64(number)))
	return sequence
}

// below is a number of 0 to n-1. They are equally likely but for n in 2^64.
func below(sequence *rand.PCG, n int) int {
	high, _ := bits.Mul64(sequence.Uint64(), uint64(n))
	return int(high)
}

// scramble spreads seeds that lie close over all numbers.
//
// Source: G. L. Steele et al., "Fast Splittable Pseudorandom Number Generators",
// OOPSLA 2014: SplitMix64.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
