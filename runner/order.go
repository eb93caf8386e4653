package runner

import (
	"cmp"
	"context"
	"slices"

	"runx/spec"
)

// A visit is one point with its place in a shuffled order.
type visit struct {
	key   uint64
	point *point
}

// inOrder runs every point that needs samples in the order of the spec.
func (e *engine) inOrder(ctx context.Context) error {
	for i := range e.points {
		if p := &e.points[i]; p.phase == pending {
			e.visits = append(e.visits, visit{point: p})
		}
	}
	switch e.spec.Measure.Order {
	case spec.Interleaved:
		return e.interleave(ctx)
	case spec.Shuffled:
		e.shuffle(0)
	}
	for _, v := range e.visits {
		for v.point.phase == pending {
			if err := e.repetition(ctx, v.point); err != nil {
				return err
			}
		}
	}
	return nil
}

// interleave makes rounds: each takes one repetition of every point that still
// needs some. A run that goes on finds its round by the repetitions done.
func (e *engine) interleave(ctx context.Context) error {
	for e.round = e.firstRound(); len(e.visits) > 0; e.round++ {
		e.shuffle(e.round)
		for _, v := range e.visits {
			if int(v.point.reps) > e.round {
				continue // it had this round before the run was interrupted
			}
			if err := e.repetition(ctx, v.point); err != nil {
				return err
			}
		}
		e.visits = slices.DeleteFunc(e.visits, func(v visit) bool { return v.point.phase != pending })
	}
	return nil
}

// firstRound is the earliest one that is not complete.
func (e *engine) firstRound() int {
	first := 0
	for i, v := range e.visits {
		if i == 0 || int(v.point.reps) < first {
			first = int(v.point.reps)
		}
	}
	return first
}

// shuffle sorts by a hash of seed, round and point. So the order of two points
// in a round is the same whichever others are left, and a run that goes on
// continues the order it had.
func (e *engine) shuffle(round int) {
	for i := range e.visits {
		e.visits[i].key = mix(mix(e.spec.Measure.Seed, uint64(round)), uint64(e.visits[i].point.index))
	}
	slices.SortFunc(e.visits, func(a, b visit) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.point.index, b.point.index))
	})
}

// mix is a step of SplitMix64 from a seed that b is mixed into.
//
// Source: G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom
// Number Generators", OOPSLA 2014.
func mix(a, b uint64) uint64 {
	z := a + 0x9e3779b97f4a7c15*(b+1)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
