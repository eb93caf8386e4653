package precision

import (
	"fmt"
	"math"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

// storage is the memory of weights in one format.
type storage struct {
	format kernels.Format
	floats []float32
	halves []uint16
	ints   []int8
	scales []float32 // of ints, one for each output
}

// alloc takes memory for dim × outputs weights from the arena.
func (s *storage) alloc(set *kernels.Set, a *tensor.Arena, dim, outputs int) (err error) {
	n := set.PackedLen(dim, outputs)
	switch s.format {
	case kernels.Float32:
		s.floats, err = a.Alloc(n)
	case kernels.Int8:
		if s.ints, err = a.AllocInt8(n); err == nil {
			s.scales, err = a.Alloc(set.ScalesLen(outputs))
		}
	default:
		s.halves, err = a.AllocHalf(n)
	}
	return err
}

// bytes is the size of the memory.
func (s *storage) bytes() float64 {
	elements := len(s.floats) + len(s.halves) + len(s.ints)
	return float64(elements*s.format.Bytes() + len(s.scales)*floatBytes)
}

// pack stores weights, of which the first output is the one given.
func (s *storage) pack(set *kernels.Set, first int, weights kernels.Matrix) (err error) {
	at := set.PackedLen(weights.Rows, first)
	switch s.format {
	case kernels.Float32:
		_, err = set.Pack(s.floats[at:], weights)
	case kernels.Int8:
		_, err = set.PackInt8(s.ints[at:], s.scales[first:], weights)
	default:
		_, err = set.PackHalf(s.halves[at:], s.format, weights)
	}
	return err
}

// factor is what was packed.
func (s *storage) factor(set *kernels.Set, dim, outputs int) (kernels.Packed, error) {
	switch s.format {
	case kernels.Float32:
		return set.PackedAt(s.floats, dim, outputs)
	case kernels.Int8:
		return set.PackedInt8At(s.ints, s.scales, dim, outputs)
	}
	return set.PackedHalfAt(s.halves, s.format, dim, outputs)
}

// checkStored returns an error unless each weight of an output is stored as near
// to what it was as its format allows.
func checkStored(f kernels.Format, exact, stored []float32) error {
	relative, absolute := rounding(f, exact)
	for n, w := range exact {
		off := math.Abs(float64(stored[n]) - float64(w))
		if bound := math.Abs(float64(w))*relative + absolute; !(off <= bound) { // NaN is off too
			return fmt.Errorf("weight %g is stored in %s as %g, at most %.3g off is rounding", w, f, stored[n], bound)
		}
	}
	return nil
}

// rounding is by how much the weights of an output may differ from what is
// stored: by a share of themselves, half a unit in the last place, and where this
// is not what bounds it by an absolute step. For halves that is half a step below
// the normal numbers of the format, for integers half of the output's scale; the
// product of an integer and the scale is rounded as well.
func rounding(f kernels.Format, weights []float32) (relative, absolute float64) {
	switch f {
	case kernels.Float16:
		return 0x1p-11, 0x1p-25
	case kernels.BFloat16:
		return 0x1p-8, 0x1p-134 // 8 bits of precision from 2^-126 on
	case kernels.Int8:
		var largest float64
		for _, w := range weights {
			largest = max(largest, math.Abs(float64(w)))
		}
		scale := max(largest/127*(1+floatUnit), 0x1p-126)
		return 2 * floatUnit, scale / 2 * (1 + 2*floatUnit)
	default:
		return 0, 0
	}
}
