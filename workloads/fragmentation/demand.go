package fragmentation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

const (
	uniform      = "uniform"
	lognormal    = "lognormal"
	bimodal      = "bimodal"
	tensors      = "tensors"
	powers       = "powers"
	anyTensor    = "random"
	generational = "generational"

	maxSize = 8 << 20 // bytes, of any distribution
)

var (
	distributions = []string{uniform, lognormal, bimodal, tensors, powers}
	lifetimes     = []string{anyTensor, generational}
)

// sizesOf returns the distribution of that name: it draws a size in bytes.
func sizesOf(name string) (func(*rand.Rand) int64, error) {
	switch name {
	case uniform:
		return func(r *rand.Rand) int64 { return 512 + r.Int64N(1<<20-512+1) }, nil
	case lognormal:
		return func(r *rand.Rand) int64 {
			return int64(min(max(16<<10*math.Exp(1.5*r.NormFloat64()), 512), maxSize))
		}, nil
	case bimodal:
		return func(r *rand.Rand) int64 {
			if r.IntN(10) > 0 {
				return 4<<10 + r.Int64N(12<<10+1)
			}
			return 1<<20 + r.Int64N(3<<20+1)
		}, nil
	case tensors:
		return activation, nil
	case powers:
		return func(r *rand.Rand) int64 { return 512 << r.IntN(12) }, nil
	}
	return nil, fmt.Errorf("no distribution of sizes is named %q", name)
}

// activation is the size of one result of a block of GPT-2 small.
func activation(r *rand.Rand) int64 {
	const (
		hidden, heads, maxTokens = 768, 12, 512
		halfBytes                = 2
	)
	tokens := int64(math.Exp(r.Float64() * math.Log(maxTokens)))
	widths := [...]int64{hidden, 3 * hidden, 4 * hidden, heads * tokens}
	return halfBytes * tokens * widths[r.IntN(len(widths))]
}

// An op is an allocation for a slot, or where size is 0 the free of what the
// slot has.
type op struct{ slot, size int32 }

// A demand is a random stream of allocations and frees that keeps the live
// bytes within a target. It knows nothing of allocators.
type demand struct {
	size         func(*rand.Rand) int64
	target       int64
	aged         bool // by generations
	sizes, fates stream
	ahead        int64 // a size that was drawn when there was no room for it; 0 is none

	slots []slot
	spare []int32
	// live has the slots in use: those of tensors that are born to die young
	// (of all, where there are no generations), and the rest.
	live  [2]generation
	bytes int64
	ops   []op // room for the stretch in hand
}

// A stream of random numbers can begin anew. Sizes have one of their own, so that
// they are the same whatever the target.
type stream struct {
	source rand.PCG
	*rand.Rand
}

func (s *stream) reset(seed, life uint64) {
	s.source.Seed(seed, life)
	if s.Rand == nil {
		s.Rand = rand.New(&s.source)
	}
}

type slot struct {
	size int32
	at   int32 // its place in the generation
	old  uint8
}

type generation struct {
	slots []int32
	bytes int64
}

// reset begins another stream.
func (d *demand) reset(seed uint64, life int) {
	d.sizes.reset(seed, uint64(2*life))
	d.fates.reset(seed, uint64(2*life+1))
	d.ahead = 0
	d.slots, d.spare = d.slots[:0], d.spare[:0]
	for g := range d.live {
		d.live[g] = generation{slots: d.live[g].slots[:0]}
	}
	d.bytes = 0
}

// fill draws up to n allocations that need no free before them. Fewer than n
// mean that the target is reached. The result is valid until the next call.
func (d *demand) fill(n int) []op {
	d.ops = d.ops[:0]
	for range n {
		size := d.draw()
		if d.bytes+size > d.target {
			d.ahead = size
			break
		}
		d.ops = append(d.ops, op{slot: d.keep(size), size: int32(size)})
	}
	return d.ops
}

// next draws n allocations and the frees before them. The result is valid until
// the next call.
func (d *demand) next(n int) []op {
	d.ops = d.ops[:0]
	for range n {
		size := d.draw()
		for d.bytes+size > d.target {
			d.ops = append(d.ops, op{slot: d.forget()})
		}
		d.ops = append(d.ops, op{slot: d.keep(size), size: int32(size)})
	}
	return d.ops
}

func (d *demand) draw() int64 {
	size := d.ahead
	d.ahead = 0
	if size == 0 {
		size = d.size(d.sizes.Rand)
	}
	return size
}

func (d *demand) keep(size int64) int32 {
	var id int32
	if last := len(d.spare) - 1; last >= 0 {
		id, d.spare = d.spare[last], d.spare[:last]
	} else {
		id = int32(len(d.slots))
		d.slots = append(d.slots, slot{})
	}
	var old uint8
	if d.aged && d.fates.IntN(10) == 0 {
		old = 1
	}
	g := &d.live[old]
	d.slots[id] = slot{size: int32(size), at: int32(len(g.slots)), old: old}
	g.slots = append(g.slots, id)
	g.bytes += size
	d.bytes += size
	return id
}

// forget picks the tensor to free.
func (d *demand) forget() int32 {
	g := &d.live[0]
	if d.aged && len(d.live[1].slots) > 0 && 4*g.bytes <= d.target {
		g = &d.live[1]
	}
	at := d.fates.IntN(len(g.slots))
	id := g.slots[at]
	last := len(g.slots) - 1
	g.slots[at] = g.slots[last]
	d.slots[g.slots[at]].at = int32(at)
	g.slots = slices.Delete(g.slots, last, last+1)
	size := int64(d.slots[id].size)
	g.bytes -= size
	d.bytes -= size
	d.spare = append(d.spare, id)
	return id
}
