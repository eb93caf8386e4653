package claims

import (
	"encoding/binary"
	"slices"

	"runx/internal/stats"
)

// A roster is what can be drawn at one point: the rounds that it took part in,
// or its repetitions where all are in one round.
type roster struct {
	blocks int
	// place is the block of a round, or of a repetition; -1 where the point has
	// none. It is as long as there are rounds or repetitions at any point.
	place []int32
}

// A drawer draws resamples of the blocks of points. Which are drawn depends on
// the seed, the number of the resample and the roster alone.
//
// The rounds of a resample are one sequence for all points, of which each takes
// those that it took part in until it has one less than it has rounds: see
// [stats.Resampler.DrawAmong]. A drift that all points share in a round so stays
// shared, however many rounds each took part in, and each point by itself draws
// its rounds independently. The same goes for repetitions within one round, which share
// the seed, and so the requests or the order, that a workload makes of its
// number; where they share nothing it does no harm. Of repetitions that are like
// those beside them several in a row are drawn together: see [run.inARow].
type drawer struct {
	seed uint64
	// rounds and reps are how many there are at any point.
	rounds, reps int
	// rosters are those that there are, each once.
	rosters map[string]*roster
}

// draw sets how often each block of the roster is in the resample.
func (d *drawer) draw(counts []int32, r *roster, number int) {
	from := stats.Resampler{Seed: d.seed}
	if r.blocks == len(r.place) {
		from.Draw(counts, number)
	} else {
		from.DrawAmong(counts, r.place, number)
	}
}

// newRoster makes the blocks of samples of which rounds and repetitions are
// known, and says which block each is in. In one round so many repetitions in a
// row are a block.
func (d *drawer) newRoster(rounds, reps []int32, inARow int) (r *roster, block []int32) {
	keys, n := rounds, d.rounds
	if inOneRound(rounds) {
		keys, n = make([]int32, len(reps)), (d.reps+inARow-1)/inARow
		for i, rep := range reps {
			keys[i] = rep / int32(inARow)
		}
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(keys)))
	r = d.roster(distinct, n)
	block = make([]int32, len(keys))
	for i, key := range keys {
		block[i] = r.place[key]
	}
	return r, block
}

// roster is the one of these rounds or repetitions, of so many that there are.
func (d *drawer) roster(distinct []int32, n int) *roster {
	name := binary.LittleEndian.AppendUint64(nil, uint64(n))
	for _, key := range distinct {
		name = binary.LittleEndian.AppendUint32(name, uint32(key))
	}
	if r := d.rosters[string(name)]; r != nil {
		return r
	}
	r := &roster{place: make([]int32, n), blocks: len(distinct)}
	for i := range r.place {
		r.place[i] = -1
	}
	for at, key := range distinct {
		r.place[key] = int32(at)
	}
	if d.rosters == nil {
		d.rosters = map[string]*roster{}
	}
	d.rosters[string(name)] = r
	return r
}

func inOneRound(rounds []int32) bool {
	return len(rounds) == 0 || !slices.ContainsFunc(rounds, func(r int32) bool { return r != rounds[0] })
}
