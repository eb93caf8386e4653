package transformer

import (
	"context"
	"fmt"
	"math"
	"slices"

	"runx/internal/tensor"
)

// tolerance is how far the logits of a sequence in a batch may be from those of
// the sequence by itself, as a share of their length. Rounding stays far below
// it; a wrong mask, position or row of the cache is far beyond it.
const tolerance = 1e-3

// Verify computes a prefill and a step of decode for the largest batch, and
// compares chosen sequences with the same tokens alone and without a cache.
func (i *instance) Verify(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	_, size := i.sizes()
	if err := i.prefill(size); err != nil {
		return err
	}
	added := slices.Clone(i.next)
	logits := i.model.Decode(i.pass, added, i.caches[size])
	if err := i.pass.Err(); err != nil {
		i.pass.Reset()
		return err
	}
	defer i.pass.Free(logits)
	return i.verifySequences(ctx, added, logits)
}

// verifySequences compares the logits that follow the prompts and one token more
// of each.
func (i *instance) verifySequences(ctx context.Context, added []int32, logits *tensor.Tensor) error {
	size := len(added)
	for _, s := range slices.Compact([]int{0, size / 2, size - 1}) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		ids := append(slices.Clone(i.prompts[s*i.PromptTokens:(s+1)*i.PromptTokens]), added[s])
		alone := i.model.Prefill(i.pass, ids, 1, nil)
		if err := i.pass.Err(); err != nil {
			i.pass.Reset()
			return err
		}
		err := compare(s, logits, alone)
		i.pass.Free(alone)
		if err != nil {
			return err
		}
	}
	return nil
}

func compare(sequence int, batch, alone *tensor.Tensor) error {
	want := alone.Data()
	got := batch.Data()[sequence*len(want):][:len(want)]
	var difference, length float64
	for n, x := range want {
		d := float64(got[n]) - float64(x)
		difference += d * d
		length += float64(x) * float64(x)
	}
	if off := math.Sqrt(difference / length); !(off <= tolerance) { // NaN is off too
		return fmt.Errorf("the logits of sequence %d are off by %.2g of their length from those without a batch and a cache, at most %.0e is rounding",
			sequence, off, tolerance)
	}
	return nil
}
