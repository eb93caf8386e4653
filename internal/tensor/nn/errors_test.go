package nn

import (
	"errors"
	"strings"
	"testing"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

// What a pass refuses leaves the cache and the arena as they were.
func TestErrors(t *testing.T) {
	t.Parallel()
	c := tiny()[1]
	e, a := newEngine(t, 1), tensor.NewArena()
	m := newModel(t, e, a, c, ModelOptions{})
	p := tensor.NewPass(e, a, tensor.PassOptions{})
	cache, err := m.NewCache(e, a, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	p.Free(m.Prefill(p, []int32{1, 2}, 1, cache))
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	other := newModel(t, e, tensor.NewArena(), tiny()[0], ModelOptions{})
	live := a.LiveBytes()
	for _, tt := range []struct {
		name string
		call func() *tensor.Tensor
		want string
	}{
		{"id too large", func() *tensor.Tensor { return m.Decode(p, []int32{29}, cache) }, "29 at 0"},
		{"negative id", func() *tensor.Tensor { return m.Forward(p, []int32{1, -1}, 1) }, "-1 at 1"},
		{"cache full", func() *tensor.Tensor { return m.Prefill(p, []int32{1, 2, 3}, 1, cache) }, tensor.ErrCacheFull.Error()},
		{"another batch", func() *tensor.Tensor { return m.Decode(p, []int32{1, 2}, cache) }, "with 2 sequences: the cache is for 3 layers and 1 sequences"},
		{"another model", func() *tensor.Tensor { return other.Decode(p, []int32{1}, cache) }, "of 2 layers with 1 sequences: the cache is for 3 layers"},
		{"negative position", func() *tensor.Tensor { return m.Embed(p, []int32{1}, 1, -1) }, "from position -1"},
		{"beyond the positions", func() *tensor.Tensor { return m.Embed(p, []int32{1, 2}, 1, 16) }, "2 tokens from position 16"},
		{"no last token", func() *tensor.Tensor { return m.NextLogits(p, p.Tensor(1, 0, 24)) }, "at least one token"},
		{"no sequences", func() *tensor.Tensor { return m.NextLogits(p, nil) }, "at least one token"},
		{"freed", func() *tensor.Tensor { x := p.Tensor(1, 2, 24); p.Free(x); return m.NextLogits(p, x) }, "at least one token"},
		{"ragged", func() *tensor.Tensor { return m.Forward(p, []int32{1, 2, 3}, 2) }, "not 2 sequences"},
		{"no tokens", func() *tensor.Tensor { return m.Forward(p, nil, 1) }, "0 tokens"},
		{"no batch", func() *tensor.Tensor { return m.Forward(p, []int32{1}, 0) }, "not 0 sequences"},
		{"too long", func() *tensor.Tensor { return m.Forward(p, make([]int32, 18), 1) }, "beyond its 17 positions"},
	} {
		tt.call()
		if p.Err() == nil || !strings.Contains(p.Err().Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, p.Err(), tt.want)
		}
		p.Reset()
		if cache.Len() != 2 || a.LiveBytes() != live {
			t.Errorf("%s: the cache has %d tokens, %d bytes more are live", tt.name, cache.Len(), a.LiveBytes()-live)
		}
	}
	// An error in the last block, when the others have appended to the cache.
	whole := m.blocks[2].MLP.Up.Bias
	m.blocks[2].MLP.Up.Bias = m.norm.Gain
	if m.Decode(p, []int32{1}, cache); p.Err() == nil || cache.Len() != 2 || cache.layers[2].Len() != 2 {
		t.Errorf("an error in a block: %v, %d tokens are cached", p.Err(), cache.Len())
	}
	m.blocks[2].MLP.Up.Bias = whole
	p.Reset()
}

func TestModelsRefuse(t *testing.T) {
	t.Parallel()
	c := tiny()[1]
	e, a := newEngine(t, 1), tensor.NewArena()
	if _, err := NewModel(e, a, Config{}, ModelOptions{}); err == nil {
		t.Error("a model without a shape")
	}
	if _, err := NewModel(e, a, c, ModelOptions{Format: kernels.Float16, Trainable: true}); err == nil || !strings.Contains(err.Error(), "hint:") {
		t.Errorf("trainable halves: %v", err)
	}
	unknown := tensor.NewArena()
	closed, empty := newEngine(t, 1), tensor.NewArena()
	closed.Close()
	if _, err := NewModel(closed, empty, c, ModelOptions{}); !errors.Is(err, tensor.ErrClosed) || empty.LiveBytes() != 0 {
		t.Errorf("a closed engine: got %v, %d bytes are live", err, empty.LiveBytes())
	}
	if _, err := NewModel(e, unknown, c, ModelOptions{Format: 9}); err == nil || unknown.LiveBytes() != 0 {
		t.Errorf("an unknown format: %v, %d bytes are live", err, unknown.LiveBytes())
	}
	trainable := newModel(t, e, tensor.NewArena(), c, ModelOptions{Trainable: true})
	recording := tensor.NewPass(e, tensor.NewArena(), tensor.PassOptions{Gradients: true})
	if trainable.Prefill(recording, []int32{1, 2}, 1, nil); recording.Err() == nil || !strings.Contains(recording.Err().Error(), "hint: use Forward") {
		t.Errorf("the next token with gradients: %v", recording.Err())
	}
	if err := trainable.Pack(e, a, kernels.Float32); err == nil || !strings.Contains(err.Error(), "no gradient") {
		t.Errorf("packed a trainable model: %v", err)
	}
}

func TestCacheOfAModel(t *testing.T) {
	t.Parallel()
	e, a := newEngine(t, 1), tensor.NewArena()
	m := newModel(t, e, tensor.NewArena(), tiny()[1], ModelOptions{})
	if _, err := m.NewCache(e, a, 1, 18); err == nil {
		t.Error("a cache beyond the model's positions")
	}
	cache, err := m.NewCache(e, a, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	p := tensor.NewPass(e, a, tensor.PassOptions{})
	if p.Free(m.Prefill(p, []int32{1, 2}, 1, cache)); p.Err() != nil {
		t.Fatal(p.Err())
	}
	if err := cache.Truncate(1); err != nil || cache.Len() != 1 || cache.Capacity() != 4 {
		t.Errorf("truncated to %d of %d (%v)", cache.Len(), cache.Capacity(), err)
	}
	if err := cache.Truncate(2); err == nil {
		t.Error("truncated to more than there is")
	}
	if err := cache.Free(); err != nil || a.LiveBytes() != 0 {
		t.Errorf("after Free: %v, %d bytes", err, a.LiveBytes())
	}
}
