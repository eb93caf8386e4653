package attention

import (
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/tensor"
	"runx/workloads"
	"runx/workloads/workloadtest"
)

func openInstance(t *testing.T, given workloads.Values) (*instance, error) {
	t.Helper()
	w := Workload()
	i, err := w.Open(t.Context(), workloads.Env{Params: workloadtest.Values(w, given), Seed: 1, Log: io.Discard})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { i.Close() })
	return i.(*instance), nil
}

func measure(t *testing.T, params workloads.Values) map[string]float64 {
	t.Helper()
	i, err := openInstance(t, params)
	if err != nil {
		t.Fatal(err)
	}
	return workloadtest.Rows(t, Workload(), i)[0]
}

// The tensors q, k, v, out and the copies of k and v make 6 * seq_len * dim
// elements where no padding is needed, naive adds twice heads * seq_len².
func TestMemoryIsCountedExactly(t *testing.T) {
	t.Parallel()
	const dim, heads, floats = 256, 4, 4
	for _, seqLen := range []int{192, 384, 768} {
		tensors := 6 * seqLen * dim * floats
		got := measure(t, workloads.Values{"dim": dim, "heads": heads, "seq_len": seqLen})
		if want := tensors + 2*heads*seqLen*seqLen*floats; got["memory_bytes"] != float64(want) {
			t.Errorf("naive, %d tokens: %v bytes, want %d", seqLen, got["memory_bytes"], want)
		}
		got = measure(t, workloads.Values{"dim": dim, "heads": heads, "seq_len": seqLen, "algorithm": flash})
		const tile = 128 << 10
		if m := int(got["memory_bytes"]); m < tensors || m > tensors+tile {
			t.Errorf("flash, %d tokens: %d bytes, want %d and a tile of at most %d", seqLen, m, tensors, tile)
		}
	}
}

// Equal queries and keys would make scores that no model has.
func TestInputsDiffer(t *testing.T) {
	t.Parallel()
	i, err := openInstance(t, workloads.Values{"seq_len": 100, "dim": 32})
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2][]float32{{i.q, i.k}, {i.q, i.v}, {i.k, i.v}} {
		var product float64
		for n, x := range pair[0] {
			product += float64(x) * float64(pair[1][n])
		}
		if correlation := product / float64(len(i.q)); math.Abs(correlation) > 0.1 {
			t.Errorf("two inputs have a correlation of %v", correlation)
		}
	}
}

func TestWorkByFormula(t *testing.T) {
	t.Parallel()
	params := workloads.Values{"batch": 2, "dim": 12, "heads": 3, "seq_len": 10}
	if got, want := measure(t, params)["work_flops"], 4.0*2*3*100*4; got != want {
		t.Errorf("%v operations, want %v", got, want)
	}
	params["causal"] = true
	if got, want := measure(t, params)["work_flops"], 4.0*2*3*55*4; got != want {
		t.Errorf("causal: %v operations, want %v", got, want)
	}
}

func TestVerifyFindsWrongResults(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{naive, flash} {
		i, err := openInstance(t, workloads.Values{"algorithm": algorithm, "seq_len": 100, "dim": 32, "heads": 2, "causal": true})
		if err != nil {
			t.Fatal(err)
		}
		if err := i.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		right := i.attend
		i.attend = func() error { // scores that are a thousandth too large
			for n := range i.q {
				i.q[n] *= 1.001
			}
			err := right()
			for n := range i.q {
				i.q[n] /= 1.001
			}
			return err
		}
		if err := i.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "is off by") {
			t.Errorf("%s: error %v, want that a row is off", algorithm, err)
		}
		i.attend = func() error {
			err := right()
			i.out[len(i.out)-1] += 0.1
			return err
		}
		if err := i.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "row 99 of head 1 of sequence 0 is off") {
			t.Errorf("%s: error %v, want that the last row is off", algorithm, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for want, params := range map[string]workloads.Values{
		"dim 500 is not a multiple of heads 8": {"dim": 500},
		"too large to address":                 {"seq_len": 1_000_000_000, "heads": 64},
	} {
		if _, err := openInstance(t, params); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", params, err, want)
		}
	}
	if _, known := workloads.AvailableMemory(); !known {
		t.Skip("this system does not tell how much memory is available")
	}
	_, err := openInstance(t, workloads.Values{"seq_len": 4_000_000})
	if err == nil || !strings.Contains(err.Error(), "are available") {
		t.Errorf("1 PB of scores: error %v, want that the memory does not suffice", err)
	}
}

// What Check accepts opens, what it refuses does not.
func TestCheckIsWhatOpenRefuses(t *testing.T) {
	t.Parallel()
	w := Workload()
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.IntRange(1, 40)
		values := workloadtest.Values(w, nil)
		values["dim"], values["heads"], values["seq_len"] = small.Draw(t, "dim"), small.Draw(t, "heads"), small.Draw(t, "seq_len")
		refusal := w.Check(values)
		i, err := w.Open(t.Context(), workloads.Env{Params: values, Log: io.Discard})
		if err == nil {
			defer i.Close()
		}
		if divides := values["dim"].(int)%values["heads"].(int) == 0; divides != (refusal == nil) || divides != (err == nil) {
			t.Fatalf("%v: Check says %v, Open says %v", values, refusal, err)
		}
		if refusal != nil {
			refused++
		}
	})
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

// What is refused must be at least what is used, and not many times that.
func TestNeedsBoundsTheMemory(t *testing.T) {
	t.Parallel()
	for _, p := range []workloads.Values{
		{"dim": 512, "heads": 8, "seq_len": 512},
		{"dim": 8, "heads": 8, "seq_len": 300},
		{"dim": 64, "heads": 1, "seq_len": 1},
		{"dim": 96, "heads": 3, "seq_len": 65, "batch": 4},
	} {
		for _, algorithm := range []string{naive, flash} {
			p["algorithm"] = algorithm
			used := measure(t, p)["memory_bytes"]
			batch, _ := p["batch"].(int)
			heads := p["heads"].(int)
			shape := tensor.AttentionShape{Batch: max(batch, 1), Heads: heads, SeqLen: p["seq_len"].(int), HeadDim: p["dim"].(int) / heads}
			if need := needs(shape, algorithm, 1); need < used || need > 2*used+1<<20 {
				t.Errorf("%v: %.0f bytes are expected, %.0f used", p, need, used)
			}
		}
	}
}
