package nn

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

// rounding is what float32 may differ by, relative to the largest logit.
const rounding = 2e-5

func TestForwardIsTheFormula(t *testing.T) {
	t.Parallel()
	for _, c := range tiny() {
		for _, algorithm := range algorithms() {
			e := newEngine(t, 2)
			m := newModel(t, e, tensor.NewArena(), c, ModelOptions{Seed: 3})
			m.SetAlgorithm(algorithm)
			ids := tokens(2*c.MaxSeqLen, c.VocabSize, 1)
			var want []float32
			for _, sequence := range [][]int32{ids[:c.MaxSeqLen], ids[c.MaxSeqLen:]} {
				for _, row := range newReference(m).logits(sequence) {
					for _, x := range row {
						want = append(want, float32(x))
					}
				}
			}
			compare(t, fmt.Sprint(c.Name, " ", algorithm), forward(t, e, m, ids, 2), want, rounding)
		}
	}
}

// The whole model's gradients, along a random direction in each parameter,
// against central differences of the reference in float64.
func TestGradients(t *testing.T) {
	t.Parallel()
	for _, c := range tiny() {
		for _, algorithm := range algorithms() {
			e, a := newEngine(t, 2), tensor.NewArena()
			m := newModel(t, e, a, c, ModelOptions{Seed: 4, Trainable: true})
			m.SetAlgorithm(algorithm)
			r := newReference(m)
			ids := tokens(c.MaxSeqLen+1, c.VocabSize, 2)[:c.MaxSeqLen]
			p := tensor.NewPass(e, a, tensor.PassOptions{Gradients: true})
			loss := lossOf(p, m, ids)
			if err := p.Backward(loss); err != nil {
				t.Fatal(err)
			}
			if got, want := float64(loss.Data()[0]), r.loss(ids); math.Abs(got-want) > 1e-5*want {
				t.Errorf("%s: loss %g, want %g", c.Name, got, want)
			}
			for i, q := range m.parameters {
				direction := make([]float32, q.elements())
				tensor.FillNormal(direction, uint64(i))
				var got, size float64
				for j, g := range q.tensor.Grad() {
					got += float64(g) * float64(direction[j])
					size += float64(g) * float64(g)
				}
				const step = 1e-5
				want := (r.lossAlong(ids, q.name, direction, step) - r.lossAlong(ids, q.name, direction, -step)) / (2 * step)
				if math.Abs(got-want) > 1e-4*math.Sqrt(size)+1e-7 {
					t.Errorf("%s %v %s: along the direction %g, want %g", c.Name, algorithm, q.name, got, want)
				}
			}
		}
	}
}

// lossAlong is the loss where one parameter has moved.
func (r *reference) lossAlong(ids []int32, name string, direction []float32, step float64) float64 {
	before := r.weights[name]
	defer func() { r.weights[name] = before }()
	moved := slices.Clone(before)
	for i := range moved {
		moved[i] += step * float64(direction[i])
	}
	r.weights[name] = moved
	return r.loss(ids)
}

// lossOf is the loss of predicting each next token of one sequence.
func lossOf(p *tensor.Pass, m *Model, ids []int32) *tensor.Tensor {
	n := len(ids) - 1
	logits := m.Forward(p, ids[:n], 1)
	loss := p.CrossEntropy(logits, ids[1:])
	p.Free(logits)
	return loss
}

// A prompt in pieces, then token by token, gives at each place the logits of the
// whole sequence.
func TestDecodeIsForward(t *testing.T) {
	t.Parallel()
	for _, c := range tiny() {
		for _, algorithm := range algorithms() {
			for _, batch := range []int{1, 3} {
				e, a := newEngine(t, 2), tensor.NewArena()
				m := newModel(t, e, tensor.NewArena(), c, ModelOptions{Seed: 5})
				m.SetAlgorithm(algorithm)
				ids := tokens(batch*c.MaxSeqLen, c.VocabSize, 3)
				want := forward(t, e, m, ids, batch)
				cache, err := m.NewCache(e, a, batch, c.MaxSeqLen)
				if err != nil {
					t.Fatal(err)
				}
				p := tensor.NewPass(e, a, tensor.PassOptions{})
				done := 0
				for _, n := range append([]int{5, 1, 2}, slices.Repeat([]int{1}, c.MaxSeqLen-8)...) {
					piece := columns(ids, batch, done, n)
					var logits *tensor.Tensor
					if n == 1 {
						logits = m.Decode(p, piece, cache)
					} else {
						logits = m.Prefill(p, piece, batch, cache)
					}
					if p.Err() != nil {
						t.Fatal(p.Err())
					}
					done += n
					var last []float32
					for b := range batch {
						last = append(last, want[(b*c.MaxSeqLen+done-1)*c.VocabSize:][:c.VocabSize]...)
					}
					compare(t, fmt.Sprint(c.Name, " ", algorithm, " after ", done), logits.Data(), last, rounding)
					p.Free(logits)
				}
				if a.LiveBytes() != cache.Bytes() || cache.Len() != c.MaxSeqLen {
					t.Errorf("%d bytes are live, the cache has %d, for %d tokens", a.LiveBytes(), cache.Bytes(), cache.Len())
				}
				if err := cache.Free(); err != nil || a.LiveBytes() != 0 {
					t.Errorf("after Free: %v, %d bytes", err, a.LiveBytes())
				}
			}
		}
	}
}

// Without a cache, and in parts, a model computes the same.
func TestPartsAreTheModel(t *testing.T) {
	t.Parallel()
	for _, c := range tiny() {
		e, a := newEngine(t, 2), tensor.NewArena()
		m := newModel(t, e, tensor.NewArena(), c, ModelOptions{Seed: 12})
		cache, err := m.NewCache(e, a, 2, c.MaxSeqLen)
		if err != nil {
			t.Fatal(err)
		}
		ids := tokens(2*c.MaxSeqLen, c.VocabSize, 10)
		p := tensor.NewPass(e, a, tensor.PassOptions{})
		whole := m.Prefill(p, ids, 2, nil)
		for first := range c.MaxSeqLen {
			x := m.Embed(p, columns(ids, 2, first, 1), 2, first)
			for i := range m.Blocks() {
				y := m.Blocks()[i].Forward(p, x, cache.Layer(i))
				p.Free(x)
				x = y
			}
			if first == c.MaxSeqLen-1 {
				next := m.NextLogits(p, x)
				compare(t, c.Name+" in parts", next.Data(), whole.Data(), rounding)
				p.Free(next)
			}
			p.Free(x)
		}
		p.Free(whole)
		if p.Err() != nil || a.LiveBytes() != cache.Bytes() || cache.Len() != c.MaxSeqLen {
			t.Errorf("%s: error %v, %d bytes are live, the cache has %d for %d tokens", c.Name, p.Err(), a.LiveBytes(), cache.Bytes(), cache.Len())
		}
	}
}

// Parameters are named as in a file, and those that are no float32 tensor are
// not among them.
func TestParameters(t *testing.T) {
	t.Parallel()
	for _, c := range tiny() {
		e, a := newEngine(t, 1), tensor.NewArena()
		m := newModel(t, e, a, c, ModelOptions{})
		var want, vectors, got []string
		for s := range c.specs() {
			want = append(want, s.name)
			if !s.matrix() {
				vectors = append(vectors, s.name)
			}
		}
		elements := int64(0)
		for name, x := range m.Parameters() {
			got = append(got, name)
			elements += int64(x.Len())
		}
		if !slices.Equal(got, want) || elements != c.Parameters() {
			t.Errorf("%s: %d elements of %d in %v", c.Name, elements, c.Parameters(), got)
		}
		for name := range m.Parameters() {
			if name != want[0] {
				t.Errorf("%s: after break %s", c.Name, name)
			}
			break
		}
		if err := m.Pack(e, a, kernels.Float32); err != nil {
			t.Fatal(err)
		}
		got = nil
		for name := range m.Parameters() {
			got = append(got, name)
		}
		if !slices.Equal(got, vectors) {
			t.Errorf("%s: packed, the parameters are %v", c.Name, got)
		}
	}
}

// columns is n tokens of each sequence, from first on.
func columns(ids []int32, batch, first, n int) []int32 {
	var piece []int32
	for b := range batch {
		piece = append(piece, ids[b*len(ids)/batch+first:][:n]...)
	}
	return piece
}

// Packing changes the order of the elements, and in half formats rounds them:
// the result is that of the plain model in the same format.
func TestPackedIsPlain(t *testing.T) {
	t.Parallel()
	for _, c := range tiny() {
		for _, format := range []kernels.Format{kernels.Float32, kernels.Float16, kernels.BFloat16} {
			for _, from := range []kernels.Format{kernels.Float32, format} {
				e, a := newEngine(t, 2), tensor.NewArena()
				ids := tokens(c.MaxSeqLen, c.VocabSize, 4)
				plain, err := NewModel(e, a, c, ModelOptions{Seed: 6, Format: format})
				if err != nil {
					t.Fatal(err)
				}
				want := forward(t, e, plain, ids, 1)
				compare(t, c.Name+" reference "+format.String(), want, flat(newReference(plain).logits(ids)), rounding)
				if err := plain.Free(); err != nil {
					t.Fatal(err)
				}
				m, err := NewModel(e, a, c, ModelOptions{Seed: 6, Format: from})
				if err != nil {
					t.Fatal(err)
				}
				unpacked := a.LiveBytes()
				a.ResetPeak()
				if err := m.Pack(e, a, format); err != nil {
					t.Fatal(err)
				}
				largest := int64(0)
				for _, q := range m.parameters {
					largest = max(largest, q.bytes())
				}
				if a.LiveBytes() != m.Bytes() || a.PeakBytes() > max(unpacked, m.Bytes())+largest {
					t.Errorf("%s: %d live for %d packed, peak %d", format, a.LiveBytes(), m.Bytes(), a.PeakBytes())
				}
				compare(t, c.Name+" packed "+format.String(), forward(t, e, m, ids, 1), want, rounding)
				compare(t, c.Name+" packed, one row", forward(t, e, m, ids[:1], 1), want[:c.VocabSize], rounding)
				if err := m.Pack(e, a, format); err == nil {
					t.Error("packed twice")
				}
				if err := m.Free(); err != nil || a.LiveBytes() != 0 {
					t.Errorf("after Free: %v, %d bytes", err, a.LiveBytes())
				}
			}
		}
	}
}

func flat(rows [][]float64) []float32 {
	var all []float32
	for _, row := range rows {
		for _, x := range row {
			all = append(all, float32(x))
		}
	}
	return all
}

// Half the memory costs the precision of the format, and no more.
func TestHalvesAreClose(t *testing.T) {
	t.Parallel()
	c := tiny()[1]
	e := newEngine(t, 1)
	ids := tokens(c.MaxSeqLen, c.VocabSize, 5)
	var want []float32
	for _, tt := range []struct {
		format    kernels.Format
		tolerance float64
	}{{kernels.Float32, 0}, {kernels.Float16, 1e-3}, {kernels.BFloat16, 1e-2}} {
		a := tensor.NewArena()
		m, err := NewModel(e, a, c, ModelOptions{Seed: 7, Format: tt.format})
		if err != nil {
			t.Fatal(err)
		}
		got := forward(t, e, m, ids, 1)
		if want == nil {
			want = got
		}
		compare(t, tt.format.String(), got, want, tt.tolerance)
		if tt.format != kernels.Float32 && slices.Equal(got, want) {
			t.Errorf("%s gives the bits of float32: nothing was rounded", tt.format)
		}
		matrices := int64(2*29*24 + 3*(2*24*24+2*12*24+3*31*24))
		bytes := c.Parameters()*4 - matrices*int64(4-tt.format.Bytes())
		if m.Bytes() != bytes || a.LiveBytes() != bytes {
			t.Errorf("%s: %d bytes, %d live, want %d", tt.format, m.Bytes(), a.LiveBytes(), bytes)
		}
	}
}

// Weights, logits and gradients have the same bits on any number of threads.
func TestThreads(t *testing.T) {
	t.Parallel()
	c, err := Preset("nano")
	if err != nil {
		t.Fatal(err)
	}
	c.VocabSize = 1500 // a table of more than one block
	ids := tokens(40, c.VocabSize, 6)
	var want [][]float32
	for _, threads := range []int{1, 2, 3, 5} {
		e, a := newEngine(t, threads), tensor.NewArena()
		m := newModel(t, e, a, c, ModelOptions{Seed: 8, Trainable: true})
		p := tensor.NewPass(e, a, tensor.PassOptions{Gradients: true})
		if err := p.Backward(lossOf(p, m, ids)); err != nil {
			t.Fatal(err)
		}
		got := [][]float32{forward(t, e, m, ids, 2)}
		for _, q := range m.parameters {
			got = append(got, q.tensor.Data(), q.tensor.Grad())
		}
		if want == nil {
			want = got
		}
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%d threads: result %d differs", threads, i)
			}
		}
	}
}

// Several requests use one model at once, each with its own pass, arena and
// cache; run under the race detector.
func TestRequestsAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range tiny() {
		e, a := newEngine(t, 2), tensor.NewArena()
		m := newModel(t, e, a, c, ModelOptions{Seed: 9})
		if err := m.Pack(e, a, kernels.Float16); err != nil {
			t.Fatal(err)
		}
		var want [4][]int32
		for i := range want {
			want[i] = request(t, e, m, i)
		}
		var wg sync.WaitGroup
		for i := range 3 * len(want) {
			wg.Go(func() {
				if got := request(t, e, m, i%len(want)); !slices.Equal(got, want[i%len(want)]) {
					t.Errorf("%s: request %d gave %v, alone %v", c.Name, i, got, want[i%len(want)])
				}
			})
		}
		wg.Wait()
	}
}

func request(t *testing.T, e *tensor.Engine, m *Model, i int) []int32 {
	a := tensor.NewArena()
	cache, err := m.NewCache(e, a, 1, m.config.MaxSeqLen)
	if err != nil {
		t.Error(err)
		return nil
	}
	p := tensor.NewPass(e, a, tensor.PassOptions{})
	got := slices.Collect(m.Generate(p, tokens(i+1, m.config.VocabSize, uint64(i)), cache, new(Sampler)))
	if p.Err() != nil {
		t.Error(p.Err())
	}
	return got
}

// A model learns a sequence by heart. Before training the loss is that of a
// guess: the log of the size of the vocabulary.
func TestTraining(t *testing.T) {
	t.Parallel()
	for _, c := range tiny() {
		c.VocabSize, c.Dim, c.Heads, c.KVHeads = 256, 48, 4, 2
		e, a := newEngine(t, 2), tensor.NewArena()
		m, err := NewModel(e, a, c, ModelOptions{Seed: 10, Trainable: true})
		if err != nil {
			t.Fatal(err)
		}
		ids := tokens(17, c.VocabSize, 7)
		p := tensor.NewPass(e, a, tensor.PassOptions{Gradients: true})
		var losses []float64
		for range 100 {
			loss := lossOf(p, m, ids)
			if err := p.Backward(loss); err != nil {
				t.Fatal(err)
			}
			losses = append(losses, float64(loss.Data()[0]))
			p.Free(loss)
			for _, x := range m.Parameters() {
				for i, g := range x.Grad() {
					x.Data()[i] -= 0.3 * g
				}
				x.ZeroGrad()
			}
			if a.LiveBytes() != 2*m.Bytes() {
				t.Fatalf("%d bytes are live after a step, want weights and gradients: %d", a.LiveBytes(), 2*m.Bytes())
			}
		}
		if first := losses[0]; math.Abs(first-math.Log(256)) > 0.3 {
			t.Errorf("%s: the first loss is %.3f, a guess gives %.3f", c.Name, first, math.Log(256))
		}
		if last := losses[len(losses)-1]; last > 0.5 {
			t.Errorf("%s: the loss went from %.3f to %.3f only", c.Name, losses[0], last)
		}
	}
}

// Without gradients a pass needs as much memory for many layers as for one; with
// gradients each layer keeps what the backward pass reads.
func TestMemory(t *testing.T) {
	t.Parallel()
	const batch, seq = 2, 24
	for _, tt := range []struct {
		preset    string
		algorithm tensor.Algorithm
		// kept is the elements that one layer keeps.
		kept func(c Config) int
	}{
		// The input of each norm with two numbers a row, the inputs of the four
		// kinds of products, queries, keys, values, probabilities, and what GELU reads.
		{"nano", tensor.Naive, func(c Config) int {
			return batch*seq*(2*(c.Dim+2)+3*c.Dim+c.HiddenDim+3*c.Dim+c.HiddenDim) + batch*c.Heads*seq*seq
		}},
		// Flash keeps a number a row for the probabilities; its output is the input
		// of a product, which is kept anyway.
		{"nano", tensor.Flash, func(c Config) int {
			return batch*seq*(2*(c.Dim+2)+3*c.Dim+c.HiddenDim+3*c.Dim+c.HiddenDim) + batch*c.Heads*seq
		}},
		// An RMS norm has one number a row; SwiGLU reads two and its output goes into
		// a product; keys and values are narrower.
		{"micro", tensor.Naive, func(c Config) int {
			kv := c.KVHeads * c.HeadDim()
			return batch*seq*(2*(c.Dim+1)+3*c.Dim+c.HiddenDim+c.Dim+2*kv+2*c.HiddenDim) + batch*c.Heads*seq*seq
		}},
	} {
		c, err := Preset(tt.preset)
		if err != nil {
			t.Fatal(err)
		}
		c.VocabSize = 64
		peaks, saved := map[int]int64{}, map[int]int64{}
		for _, c.Layers = range []int{1, 2, 5} {
			e, a := newEngine(t, 2), tensor.NewArena()
			m := newModel(t, e, a, c, ModelOptions{Trainable: true})
			m.SetAlgorithm(tt.algorithm)
			ids := tokens(batch*seq, c.VocabSize, 8)
			a.ResetPeak()
			p := tensor.NewPass(e, a, tensor.PassOptions{})
			p.Free(m.Forward(p, ids, batch))
			peaks[c.Layers] = a.PeakBytes() - m.Bytes()
			if p.Err() != nil || a.LiveBytes() != m.Bytes() || p.SavedBytes() != 0 || p.Nodes() != 0 {
				t.Errorf("%s: without gradients %d bytes are live, %d saved (%v)", tt.preset, a.LiveBytes()-m.Bytes(), p.SavedBytes(), p.Err())
			}
			p = tensor.NewPass(e, a, tensor.PassOptions{Gradients: true})
			logits := m.Forward(p, ids, batch)
			saved[c.Layers] = p.SavedBytes()
			if own := a.LiveBytes() - m.Bytes(); p.Err() != nil || own != p.SavedBytes()+4*int64(logits.Len()) {
				t.Errorf("%s: with gradients %d bytes are live, %d saved (%v)", tt.preset, own, p.SavedBytes(), p.Err())
			}
			p.Free(logits)
			p.Reset()
			if a.LiveBytes() != m.Bytes() {
				t.Errorf("%s: %d bytes are live after Reset", tt.preset, a.LiveBytes()-m.Bytes())
			}
		}
		if peaks[1] != peaks[2] || peaks[1] != peaks[5] {
			t.Errorf("%s: without gradients the peak depends on the layers: %v", tt.preset, peaks)
		}
		perLayer := 4 * int64(tt.kept(c))
		if saved[2]-saved[1] != perLayer || saved[5]-saved[2] != 3*perLayer {
			t.Errorf("%s %v: saved bytes %v, want %d for each layer", tt.preset, tt.algorithm, saved, perLayer)
		}
	}
}
