package nn

import (
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/internal/tensor/safetensors"
)

var formats = []kernels.Format{kernels.Float32, kernels.Float16, kernels.BFloat16}

// A model that was saved has the same logits when it is loaded, bit for bit, in
// as many bytes: in the arena when it is read, in the file when it is mapped.
func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	for _, c := range tiny() {
		for _, format := range formats {
			e := newEngine(t, 2)
			m := newModel(t, e, tensor.NewArena(), c, ModelOptions{Seed: 1, Format: format})
			ids := tokens(c.MaxSeqLen, c.VocabSize, 1)
			want := forward(t, e, m, ids, 1)
			path := filepath.Join(t.TempDir(), "model.safetensors")
			if err := m.Save(path); err != nil {
				t.Fatal(err)
			}
			for _, mmap := range []bool{false, true} {
				a := tensor.NewArena()
				loaded, err := Load(a, path, LoadOptions{Mmap: mmap})
				if err != nil {
					t.Fatal(err)
				}
				if loaded.Config() != c {
					t.Errorf("config %+v, want %+v", loaded.Config(), c)
				}
				if got := forward(t, e, loaded, ids, 1); !slices.Equal(got, want) {
					t.Errorf("%s %s, mmap %t: other logits", c.Name, format, mmap)
				}
				mapped := int64(0)
				if mmap {
					mapped = m.Bytes()
				}
				if loaded.Bytes() != m.Bytes() || loaded.MappedBytes() != mapped || a.LiveBytes() != m.Bytes()-mapped || a.PeakBytes() != a.LiveBytes() {
					t.Errorf("%s %s, mmap %t: %d bytes, %d mapped, %d live, peak %d; want %d", c.Name, format, mmap,
						loaded.Bytes(), loaded.MappedBytes(), a.LiveBytes(), a.PeakBytes(), m.Bytes())
				}
				if err := loaded.Pack(e, a, format); err != nil {
					t.Fatal(err)
				}
				if got := loaded.Blocks()[0].Attention.Algorithm; got != tensor.Flash {
					t.Errorf("attention is %v", got)
				}
				compare(t, "packed", forward(t, e, loaded, ids, 1), want, rounding)
				if err := loaded.Save(path + ".packed"); err == nil || !strings.Contains(err.Error(), "hint: save it before") {
					t.Errorf("saved a packed model: %v", err)
				}
				file := loaded.file
				if err := loaded.Free(); err != nil || a.LiveBytes() != 0 {
					t.Errorf("after Free: %v, %d bytes", err, a.LiveBytes())
				}
				if (file != nil) != mmap || isOpen(t, path) {
					t.Errorf("mmap %t: the file stays open", mmap)
				}
			}
		}
	}
}

// isOpen reports whether this process has the file open; Linux tells.
func isOpen(t *testing.T, path string) bool {
	t.Helper()
	if runtime.GOOS != "linux" {
		return false
	}
	descriptors, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(descriptors) == 0 {
		t.Fatalf("no descriptors: %v", err)
	}
	return slices.ContainsFunc(descriptors, func(d string) bool {
		target, err := os.Readlink(d)
		return err == nil && target == path
	})
}

// What cannot be read gives its memory back.
func TestLoadOfAFileThatShrinks(t *testing.T) {
	t.Parallel()
	for _, format := range formats {
		m := newModel(t, newEngine(t, 1), tensor.NewArena(), tiny()[0], ModelOptions{Format: format})
		path := publish(t, m, "", nil)
		file, err := safetensors.Open(path, safetensors.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 1); err != nil {
			t.Fatal(err)
		}
		a := tensor.NewArena()
		l := &loader{arena: a, file: file, layout: layoutOf(file, m.config), used: map[string]bool{}}
		for s := range m.config.specs() {
			if _, err := l.parameter(s); !errors.Is(err, io.EOF) {
				t.Errorf("%s of a file that shrank: %v", s.name, err)
			}
		}
		if a.LiveBytes() != 0 {
			t.Errorf("%s: %d bytes are live", format, a.LiveBytes())
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
}

// publish writes a GPT-2 as its authors published theirs: other names, matrices
// [in, out], queries, keys and values side by side, and the causal mask.
func publish(t *testing.T, m *Model, prefix string, change func([]safetensors.Source) []safetensors.Source) string {
	t.Helper()
	var sources []safetensors.Source
	known := map[string]*parameter{}
	for _, q := range m.parameters {
		known[q.name] = q
	}
	add := func(name string, transposed bool, parts ...*parameter) {
		out, in := 0, 1
		if transposed {
			in = parts[0].shape[1]
		}
		var floats []float32
		var halves []uint16
		for _, q := range parts {
			floats = append(floats, q.floats()...)
			halves = append(halves, q.halves...)
			out += q.shape[0]
		}
		shape := append([]int{out}, parts[0].shape[1:]...)
		if transposed {
			floats, halves, shape = transpose(floats, in), transpose(halves, in), []int{in, out}
		}
		switch {
		case halves != nil:
			sources = append(sources, safetensors.Uint16s(prefix+name, dtypeOf(parts[0].format()), halves, shape...))
		case m.embedding.Format() != kernels.Float32: // published halves are halves throughout
			halves = make([]uint16, len(floats))
			kernels.Best().Round(halves, floats, m.embedding.Format())
			sources = append(sources, safetensors.Uint16s(prefix+name, dtypeOf(m.embedding.Format()), halves, shape...))
		default:
			sources = append(sources, safetensors.Float32s(prefix+name, floats, shape...))
		}
	}
	add("wte.weight", false, known[embeddingName])
	add("wpe.weight", false, known[positionsName])
	for i := range m.config.Layers {
		from, to := blockName(i), "h."+string(rune('0'+i))+"."
		for _, end := range []string{".weight", ".bias"} {
			matrix := end == ".weight"
			add(to+"ln_1"+end, false, known[from+"input_layernorm"+end])
			add(to+"attn.c_attn"+end, matrix, known[from+"self_attn.q_proj"+end], known[from+"self_attn.k_proj"+end], known[from+"self_attn.v_proj"+end])
			add(to+"attn.c_proj"+end, matrix, known[from+"self_attn.o_proj"+end])
			add(to+"ln_2"+end, false, known[from+"post_attention_layernorm"+end])
			add(to+"mlp.c_fc"+end, matrix, known[from+"mlp.up_proj"+end])
			add(to+"mlp.c_proj"+end, matrix, known[from+"mlp.down_proj"+end])
		}
		sources = append(sources, safetensors.Float32s(prefix+to+"attn.bias", make([]float32, 9), 1, 1, 3, 3))
	}
	add("ln_f.weight", false, known[normName+".weight"])
	add("ln_f.bias", false, known[normName+".bias"])
	if change != nil {
		sources = change(sources)
	}
	path := filepath.Join(t.TempDir(), "published.safetensors")
	if err := safetensors.Write(path, sources, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	return path
}

// floats is the elements of what is kept in float32.
func (q *parameter) floats() []float32 {
	if q.tensor == nil {
		return nil
	}
	return q.tensor.Data()
}

// transpose turns [out, in] into [in, out].
func transpose[T any](x []T, in int) []T {
	if x == nil {
		return nil
	}
	out := len(x) / in
	y := make([]T, len(x))
	for i := range x {
		y[i%in*out+i/in] = x[i]
	}
	return y
}

func TestLoadPublishedGPT2(t *testing.T) {
	t.Parallel()
	c := tiny()[0]
	c.Dim, c.HiddenDim = 39, 70 // more than one tile of the transposition
	for _, format := range formats {
		e := newEngine(t, 1)
		m := newModel(t, e, tensor.NewArena(), c, ModelOptions{Seed: 2, Format: format})
		for _, q := range m.parameters {
			if q.tensor != nil && format != kernels.Float32 { // what a file in halves can hold
				halves := make([]uint16, q.elements())
				kernels.Best().Round(halves, q.tensor.Data(), format)
				kernels.Best().Expand(q.tensor.Data(), halves, format)
			}
		}
		ids := tokens(c.MaxSeqLen, c.VocabSize, 2)
		want := forward(t, e, m, ids, 1)
		for _, prefix := range []string{"", "transformer."} {
			path := publish(t, m, prefix, nil)
			for _, mmap := range []bool{false, true} {
				a := tensor.NewArena()
				loaded, err := Load(a, path, LoadOptions{Mmap: mmap, Config: c})
				if err != nil {
					t.Fatal(err)
				}
				if got := forward(t, e, loaded, ids, 1); !slices.Equal(got, want) {
					t.Errorf("%s, mmap %t: other logits", format, mmap)
				}
				// Read tensors pass through memory one at a time; none is larger than c_attn.
				scratch := int64(c.Dim * 3 * c.Dim * format.Bytes())
				if mmap {
					scratch = 0
				}
				if loaded.Bytes() != m.Bytes() || a.LiveBytes() != m.Bytes()-loaded.MappedBytes() || a.PeakBytes() > m.Bytes()+scratch {
					t.Errorf("%s, mmap %t: %d live, peak %d, %d mapped", format, mmap, a.LiveBytes(), a.PeakBytes(), loaded.MappedBytes())
				}
				if table := int64(c.VocabSize * c.Dim * format.Bytes()); mmap && loaded.MappedBytes() < table {
					t.Errorf("%s: %d bytes are mapped, the table alone has %d", format, loaded.MappedBytes(), table)
				}
				if err := loaded.Free(); err != nil || a.LiveBytes() != 0 {
					t.Errorf("after Free: %v, %d bytes", err, a.LiveBytes())
				}
			}
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	c := tiny()[0]
	e := newEngine(t, 1)
	m := newModel(t, e, tensor.NewArena(), c, ModelOptions{})
	without := func(name string) func([]safetensors.Source) []safetensors.Source {
		return func(s []safetensors.Source) []safetensors.Source {
			return slices.DeleteFunc(s, func(s safetensors.Source) bool { return s.Name == name })
		}
	}
	with := func(more safetensors.Source) func([]safetensors.Source) []safetensors.Source {
		return func(s []safetensors.Source) []safetensors.Source { return append(without(more.Name)(s), more) }
	}
	deeper := c
	deeper.Layers = 3
	shallow := c
	shallow.Layers = 1
	for _, tt := range []struct {
		name   string
		change func([]safetensors.Source) []safetensors.Source
		config Config
		want   string
	}{
		{"no shape", nil, Config{}, "hint: name it by the Config"},
		{"bad shape", nil, Config{Name: "x"}, "vocab_size is 0"},
		{"missing", without("h.1.ln_2.bias"), c, "tensor h.1.ln_2.bias is missing"},
		{"more layers", nil, deeper, "h.2.ln_1.weight is missing"},
		{"fewer layers", nil, shallow, "has no place in this model"},
		{"unknown tensor", with(safetensors.Float32s("adapter", nil, 0)), c, "tensor adapter, shape [0], has no place"},
		{"shape", with(safetensors.Float32s("wpe.weight", make([]float32, 15), 1, 15)), c, "has shape [1 15], and the model needs [19 15]"},
		{"dtype", with(safetensors.Uint16s("ln_f.bias", safetensors.I16, make([]uint16, 15), 15)), c, "its dtype is I16"},
	} {
		for _, mmap := range []bool{false, true} {
			a := tensor.NewArena()
			_, err := Load(a, publish(t, m, "", tt.change), LoadOptions{Config: tt.config, Mmap: mmap})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
			}
			if a.LiveBytes() != 0 {
				t.Errorf("%s: %d bytes are live", tt.name, a.LiveBytes())
			}
		}
	}
	if _, err := Load(tensor.NewArena(), filepath.Join(t.TempDir(), "gone"), LoadOptions{}); err == nil {
		t.Error("loaded a file that is not there")
	}
}

// A damaged file is refused or gives a model; nothing else happens.
func FuzzLoad(f *testing.F) {
	c := Config{
		Name: "one", VocabSize: 2, Dim: 2, Layers: 1, Heads: 1, KVHeads: 1, HiddenDim: 1, MaxSeqLen: 2,
		Norm: RMSNorm, Activation: GELU, Position: Learned, Tied: true, NormEps: 1e-5,
	}
	e, err := tensor.NewEngine(1)
	if err != nil {
		f.Fatal(err)
	}
	defer e.Close()
	for _, format := range formats {
		m, err := NewModel(e, tensor.NewArena(), c, ModelOptions{Format: format})
		if err != nil {
			f.Fatal(err)
		}
		path := filepath.Join(f.TempDir(), "model")
		if err := m.Save(path); err != nil {
			f.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text []byte, mmap bool) {
		path := filepath.Join(t.TempDir(), "model")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		a := tensor.NewArena()
		m, err := Load(a, path, LoadOptions{Mmap: mmap})
		if err == nil {
			if a.LiveBytes() != m.Bytes()-m.MappedBytes() {
				t.Fatalf("%d bytes are live of %d, %d are mapped", a.LiveBytes(), m.Bytes(), m.MappedBytes())
			}
			if err := m.Free(); err != nil {
				t.Fatal(err)
			}
		}
		if a.LiveBytes() != 0 {
			t.Fatalf("%d bytes are live", a.LiveBytes())
		}
	})
}

// The weights are GPT-2's initial ones, and depend on nothing but the seed.
func TestRandomWeights(t *testing.T) {
	t.Parallel()
	c, err := Preset("micro")
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, 3)
	weights := func(seed uint64, f kernels.Format) *Model {
		m, err := NewModel(e, tensor.NewArena(), c, ModelOptions{Seed: seed, Format: f})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m, other, half := weights(1, kernels.Float32), weights(2, kernels.Float32), weights(1, kernels.Float16)
	seen := map[float32]string{}
	for i, q := range m.parameters {
		data := q.tensor.Data()
		if q.kind == gain {
			if slices.Min(data) != 1 || slices.Max(data) != 1 {
				t.Errorf("%s is not one", q.name)
			}
			continue
		}
		var want float64 = 0.02
		if q.kind == residual {
			want /= 2.8284271247461903 // sqrt(2*4 layers)
		}
		checkNormal(t, q.name, data, want)
		for block := 0; block < len(data); block += fillBlock {
			if where, ok := seen[data[block]]; ok {
				t.Errorf("a block of %s begins as one of %s", q.name, where)
			}
			seen[data[block]] = q.name
		}
		if slices.Equal(data, other.parameters[i].tensor.Data()) {
			t.Errorf("%s is the same for another seed", q.name)
		}
		rounded := make([]uint16, len(data))
		kernels.Best().Round(rounded, data, kernels.Float16)
		if !slices.Equal(half.parameters[i].halves, rounded) {
			t.Errorf("%s in halves is not the rounded float32", q.name)
		}
	}
}

// checkNormal holds mean, deviation and the share within one deviation, 68.27%,
// to five standard errors.
func checkNormal(t *testing.T, name string, data []float32, deviation float64) {
	t.Helper()
	var sum, squares, within float64
	for _, x := range data {
		z := float64(x) / deviation
		sum += z
		squares += z * z
		if z > -1 && z < 1 {
			within++
		}
	}
	n := float64(len(data))
	for what, z := range map[string]float64{
		"mean":     sum / n * math.Sqrt(n),
		"variance": (squares/n - 1) * math.Sqrt(n/2),
		"share":    (within/n - 0.6826894921) * math.Sqrt(n/(0.6827*0.3173)),
	} {
		if z > 5 || z < -5 {
			t.Errorf("%s: its %s is %.1f standard errors off", name, what, z)
		}
	}
}

// A step of decoding takes no memory from the arena that it keeps.
func TestSteadyState(t *testing.T) {
	c, err := Preset("micro")
	if err != nil {
		t.Fatal(err)
	}
	e, a := newEngine(t, 1), tensor.NewArena()
	m, err := NewModel(e, a, c, ModelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Pack(e, a, kernels.BFloat16); err != nil {
		t.Fatal(err)
	}
	cache, err := m.NewCache(e, a, 1, 300)
	if err != nil {
		t.Fatal(err)
	}
	p := tensor.NewPass(e, a, tensor.PassOptions{})
	random := rand.New(rand.NewPCG(1, 1))
	step := func() {
		p.Free(m.Decode(p, []int32{random.Int32N(int32(c.VocabSize))}, cache))
	}
	step()
	live := a.LiveBytes()
	allocations := testing.AllocsPerRun(200, step)
	if p.Err() != nil || a.LiveBytes() != live || live != m.Bytes()+cache.Bytes() {
		t.Errorf("%d bytes are live, %d before, %d model and cache (%v)", a.LiveBytes(), live, m.Bytes()+cache.Bytes(), p.Err())
	}
	// A few headers for each of the 13 operations of 4 layers.
	if allocations > 60 {
		t.Errorf("%.0f Go allocations for each token", allocations)
	}
	t.Logf("%.0f Go allocations for each token", allocations)
}
