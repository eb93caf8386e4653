package tensor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/tensor/kernels"
)

// formats are those that a weight may be stored in.
var formats = []kernels.Format{kernels.Float32, kernels.Float16, kernels.BFloat16}

// storages are the same weight [out, in], rounded to a format, in each storage.
func storages(t rapid.TB, e *Engine, a *Arena, f kernels.Format, w array) (rounded array, weights map[string]*Weight) {
	t.Helper()
	weights = make(map[string]*Weight)
	exact, err := NewWeight(w.tensor(t, a, false))
	if err != nil {
		t.Fatal(err)
	}
	rounded = w
	if f == kernels.Float32 {
		weights["plain"] = exact
	} else {
		set := e.team.Set()
		halves, expanded := make([]uint16, len(w.data)), make([]float32, len(w.data))
		set.Round(halves, exact.Tensor().Data(), f)
		set.Expand(expanded, halves, f)
		rounded = w.mapped(func(i int, _ float64) float64 { return float64(expanded[i]) })
		if weights["plain"], err = HalfWeight(halves, f, w.shape[0], w.shape[1]); err != nil {
			t.Fatal(err)
		}
		if weights["packed from float32"], err = exact.Pack(e, a, f); err != nil {
			t.Fatal(err)
		}
		if weights["half packed as float32"], err = weights["plain"].Pack(e, a, kernels.Float32); err != nil {
			t.Fatal(err)
		}
	}
	if weights["packed"], err = weights["plain"].Pack(e, a, f); err != nil {
		t.Fatal(err)
	}
	return rounded, weights
}

// Products with, and look-ups in, each storage against float64, for the weight
// as it was rounded: what remains is the error of the sums.
func TestWeightsAgainstFloat64(t *testing.T) {
	t.Parallel()
	for _, set := range kernels.Supported() {
		shared := engines(t, set)
		for _, f := range formats {
			t.Run(fmt.Sprintf("%s/%s", f, set.Name()), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(t *rapid.T) {
					r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
					e := shared[rapid.IntRange(0, len(shared)-1).Draw(t, "engine")]
					rows := rapid.IntRange(0, 14).Draw(t, "rows")
					out, in := rapid.IntRange(0, 150).Draw(t, "out"), rapid.IntRange(0, 40).Draw(t, "in")
					checkStorages(t, e, f, rows, out, in, r)
				})
			})
		}
	}
}

func checkStorages(t rapid.TB, e *Engine, f kernels.Format, rows, out, in int, r *rand.Rand) {
	t.Helper()
	p := NewPass(e, NewArena(), PassOptions{})
	w, weights := storages(t, e, p.Arena(), f, normal(r, out, in))
	x, bias := normal(r, rows, in), normal(r, out)
	var ids []int32
	for range min(out, 5) {
		ids = append(ids, int32(r.IntN(out)))
	}
	for name, weight := range weights {
		y := p.Linear(x.tensor(t, p.Arena(), false), weight, bias.tensor(t, p.Arena(), false))
		table := p.Embedding(weight, ids, len(ids))
		if p.Err() != nil {
			t.Fatalf("%s: %v", name, p.Err())
		}
		compare(t, name, widened(y.Data()), linear64([]array{x, w, bias}).data, 4e-6)
		for i, id := range ids {
			if !slices.Equal(widened(table.Data()[i*in:][:in]), w.data[int(id)*in:][:in]) {
				t.Fatalf("%s: row %d of the table is %v, want %v", name, id, table.Data()[i*in:][:in], w.data[int(id)*in:][:in])
			}
		}
	}
}

func widened(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, e := range x {
		y[i] = float64(e)
	}
	return y
}

// Large enough to be split, by rows or by panels.
func TestWeightsAreTheSameForAnyThreads(t *testing.T) {
	t.Parallel()
	for _, f := range formats {
		for _, rows := range []int{1, 3, 40} {
			first := make(map[string][]float32)
			for _, threads := range []int{1, 2, 3, 5} {
				e := mustEngine(t, kernels.Best(), threads)
				p := NewPass(e, NewArena(), PassOptions{})
				r := rand.New(rand.NewPCG(5, 5))
				_, weights := storages(t, e, p.Arena(), f, normal(r, 700, 130))
				x := normal(r, rows, 130).tensor(t, p.Arena(), false)
				for name, w := range weights {
					y := p.Linear(x, w, nil)
					if p.Err() != nil {
						t.Fatal(p.Err())
					}
					if first[name] == nil {
						first[name] = y.Data()
					}
					if !slices.Equal(y.Data(), first[name]) {
						t.Errorf("%s, %s, %d rows: %d threads differ from one", name, f, rows, threads)
					}
				}
				e.Close()
			}
		}
	}
}

// The memory of a weight is what the arena counts; of the caller's memory it
// counts nothing.
func TestWeightBytes(t *testing.T) {
	t.Parallel()
	e := mustEngine(t, kernels.Best(), 2)
	defer e.Close()
	const out, in = 50, 7
	step := e.team.Set().ColStep()
	panels := int64((out + step - 1) / step * step * in)
	for _, f := range formats {
		a := NewArena()
		_, weights := storages(t, e, a, f, normal(rand.New(rand.NewPCG(1, 1)), out, in))
		for name, w := range weights {
			want := int64(out * in * w.Format().Bytes())
			if strings.Contains(name, "packed") {
				want = panels * int64(w.Format().Bytes())
			}
			if w.Bytes() != want || w.Out() != out || w.In() != in {
				t.Errorf("%s, %s: [%d, %d] in %d bytes, want %d", name, f, w.Out(), w.In(), w.Bytes(), want)
			}
			counted := want
			if name == "plain" && f != kernels.Float32 {
				counted = 0
			}
			before := a.LiveBytes()
			if err := w.Free(); err != nil || before-a.LiveBytes() != counted {
				t.Errorf("%s, %s: free gives %d bytes back, want %d; error %v", name, f, before-a.LiveBytes(), counted, err)
			}
			p := NewPass(e, a, PassOptions{})
			p.Linear(p.Tensor(1, in), w, nil)
			if freed := errors.Is(p.Err(), ErrFreed); freed != (counted > 0) {
				t.Errorf("%s, %s: use after free gives %v", name, f, p.Err())
			}
		}
	}
}

const anyHint = "\nhint: use"

// untrained are uses of a weight that cannot be differentiated through, with what
// the error says, if there must be one.
var untrained = map[string]struct {
	weight  func(p *Pass, plain *Weight, half *Weight) (*Weight, error)
	compute func(t *testing.T, p *Pass, x *Tensor, w *Weight) *Tensor
	trained bool // whether the plain weight and x are parameters
	want    string
}{
	"half": {
		func(_ *Pass, _, half *Weight) (*Weight, error) { return half, nil },
		func(_ *testing.T, p *Pass, x *Tensor, w *Weight) *Tensor { return p.Linear(x, w, nil) },
		true, "linear: no gradient through a weight that is not plain float32 (float16)" + anyHint,
	},
	"packed half": {
		func(p *Pass, _, half *Weight) (*Weight, error) {
			return half.Pack(p.Engine(), p.Arena(), kernels.Float16)
		},
		func(_ *testing.T, p *Pass, x *Tensor, w *Weight) *Tensor { return p.Linear(x, w, nil) },
		true, "(packed float16)" + anyHint,
	},
	"packed parameter": {
		func(p *Pass, plain, _ *Weight) (*Weight, error) {
			return plain.Pack(p.Engine(), p.Arena(), kernels.Float32)
		},
		func(_ *testing.T, p *Pass, _ *Tensor, w *Weight) *Tensor { return p.Linear(p.Tensor(2, 4), w, nil) },
		true, "linear: a packed copy of a parameter has no gradient" + anyHint,
	},
	"table of a packed parameter": {
		func(p *Pass, plain, _ *Weight) (*Weight, error) {
			return plain.Pack(p.Engine(), p.Arena(), kernels.Float32)
		},
		func(_ *testing.T, p *Pass, _ *Tensor, w *Weight) *Tensor { return p.Embedding(w, []int32{1}, 1) },
		true, "embedding: a packed copy of a parameter has no gradient" + anyHint,
	},
	"half, bias": {
		func(_ *Pass, _, half *Weight) (*Weight, error) { return half, nil },
		func(t *testing.T, p *Pass, x *Tensor, w *Weight) *Tensor {
			bias := parameter(t, p, 1, 2, 3)
			y := p.Linear(x, w, bias)
			if err := p.Backward(p.Mean(y)); err == nil {
				expectGrad(t, bias, 1./3, 1./3, 1./3)
			}
			return y
		},
		false, "",
	},
	"packed constant": {
		func(p *Pass, plain, _ *Weight) (*Weight, error) {
			return plain.Pack(p.Engine(), p.Arena(), kernels.BFloat16)
		},
		func(_ *testing.T, p *Pass, x *Tensor, w *Weight) *Tensor {
			return p.Add(p.Linear(x, w, nil), p.Embedding(w, []int32{0, 1}, 2))
		},
		false, "shapes must be equal", // what comes after both succeeded
	},
}

// Only a plain float32 weight can be differentiated through; the error names the
// cure. A constant input has nothing to be differentiated.
func TestWeightsWithoutGradients(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for name, c := range untrained {
		p := newTestPass(t, training)
		plain := weightOf(p, normal(r, 3, 4).tensor(t, p.Arena(), c.trained))
		half, err := HalfWeight(make([]uint16, 12), kernels.Float16, 3, 4)
		if err != nil {
			t.Fatal(err)
		}
		w, err := c.weight(p, plain, half)
		if err != nil {
			t.Fatal(err)
		}
		c.compute(t, p, normal(r, 2, 4).tensor(t, p.Arena(), c.trained), w)
		if c.want == "" && p.Err() != nil || c.want != "" && (p.Err() == nil || !strings.Contains(p.Err().Error(), c.want)) {
			t.Errorf("%s: the error is %v, want one with %q", name, p.Err(), c.want)
		}
	}
}

func TestWeightsRefuse(t *testing.T) {
	t.Parallel()
	p := newTestPass(t, PassOptions{})
	vector, matrix := p.Tensor(4), weightOf(p, p.Tensor(3, 4))
	packed, err := matrix.Pack(p.Engine(), p.Arena(), kernels.Float32)
	if err != nil {
		t.Fatal(err)
	}
	freed := weightOf(p, p.Tensor(3, 4))
	if err := freed.Free(); err != nil {
		t.Fatal(err)
	}
	weightError := func(_ *Weight, err error) error { return err }
	for name, err := range map[string]error{
		"vector":           weightError(NewWeight(vector)),
		"nil":              weightError(NewWeight(nil)),
		"half in float32":  weightError(HalfWeight(make([]uint16, 12), kernels.Float32, 3, 4)),
		"short half":       weightError(HalfWeight(make([]uint16, 11), kernels.Float16, 3, 4)),
		"negative half":    weightError(HalfWeight(make([]uint16, 12), kernels.Float16, -3, -4)),
		"packed twice":     weightError(packed.Pack(p.Engine(), p.Arena(), kernels.Float32)),
		"unknown format":   weightError(matrix.Pack(p.Engine(), p.Arena(), 9)),
		"int8":             weightError(matrix.Pack(p.Engine(), p.Arena(), kernels.Int8)),
		"pack after free":  weightError(freed.Pack(p.Engine(), p.Arena(), kernels.Float32)),
		"second free":      freed.Free(),
		"table of 4 by 80": func() error { p.Embedding(packed, []int32{3}, 1); return p.Err() }(),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
