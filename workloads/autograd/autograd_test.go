package autograd

import (
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"runx/workloads"
	"runx/workloads/workloadtest"
)

func TestMain(m *testing.M) { workloadtest.Main(m, Workload()) }

func TestConforms(t *testing.T) {
	workloadtest.Run(t, workloadtest.Suite{
		Workload: Workload(),
		Params:   workloads.Values{"dim": 32, "heads": 2, "seq_len": 20, "depth": 2},
		Cases: []workloads.Values{
			{"mode": grad, "algorithm": naive, "batch": 3, "threads": 2},
			{"mode": backward, "algorithm": naive, "batch": 2, "seq_len": 33},
			{"mode": backward, "dim": 1, "heads": 1, "seq_len": 1, "depth": 1},
		},
		Refused:   []workloads.Values{{"dim": 100, "heads": 8}, {"heads": 32, "batch": 1_000_000, "seq_len": 1_000_000}},
		Seeded:    []string{"memory_bytes", "parameters_bytes", "activations_bytes", "nodes_count"},
		Allocates: "results have their headers on the heap, and the tape is there",
	})
}

func openInstance(t *testing.T, given workloads.Values) *instance {
	t.Helper()
	w := Workload()
	i, err := w.Open(t.Context(), workloads.Env{Params: workloadtest.Values(w, given), Seed: 1, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.Close() })
	return i.(*instance)
}

// sample takes two, since what the first one leaves behind shows in the second.
func sample(t *testing.T, i *instance) map[string]float64 {
	t.Helper()
	workloadtest.Rows(t, Workload(), i)
	return workloadtest.Rows(t, Workload(), i)[0]
}

// Memory by depth: the same step for each block, exactly, and without gradients
// none but the parameters.
func TestMemoryOverDepth(t *testing.T) {
	t.Parallel()
	measure := func(mode string, depth int) map[string]float64 {
		return sample(t, openInstance(t, workloads.Values{"mode": mode, "depth": depth, "dim": 64, "seq_len": 32}))
	}
	for _, mode := range []string{noGrad, grad, backward} {
		one, three, four := measure(mode, 1), measure(mode, 3), measure(mode, 4)
		for _, name := range []string{"activations_bytes", "nodes_count", "parameters_bytes"} {
			// The first block is another than the rest: its input needs no gradient.
			if a, b := one[name], three[name]; mode == noGrad && name != "parameters_bytes" {
				if a != 0 || b != 0 {
					t.Errorf("%s: %s is %v and %v, want 0", mode, name, a, b)
				}
			} else if per := four[name] - b; per <= 0 || b-a != 2*per {
				t.Errorf("%s: %s is %v, %v, %v for 1, 3, 4 blocks, want a line", mode, name, a, b, four[name])
			}
		}
		three["rest"] = three["memory_bytes"] - three["parameters_bytes"]
		four["rest"] = four["memory_bytes"] - four["parameters_bytes"]
		grown := four["rest"] - three["rest"]
		if mode == noGrad && grown != 0 {
			t.Errorf("no_grad: a block more takes %v bytes besides its parameters", grown)
		}
		if want := four["activations_bytes"] - three["activations_bytes"]; mode == grad && grown != want {
			t.Errorf("grad: a block more takes %v bytes, of which the tape has %v", grown, want)
		}
	}
}

// What a GPT-2 block keeps is known, in units of batch * seq_len * dim floats:
// the inputs of both norms, their outputs, q, k, v, the attention's output, and
// 4 before and 4 after the GELU. A block's input is the sum before it, which the
// block before does not keep; the loss keeps its output. Norms keep two numbers
// a row each, flash one a row and head.
func TestActivationsOfABlock(t *testing.T) {
	t.Parallel()
	const dim, heads, seqLen, batch, floats = 64, 4, 32, 2, 4
	given := workloads.Values{"mode": grad, "dim": dim, "heads": heads, "seq_len": seqLen, "batch": batch, "depth": 3}
	three := sample(t, openInstance(t, given))
	given["depth"] = 4
	four := sample(t, openInstance(t, given))
	want := float64(floats * batch * seqLen * (16*dim + 4 + heads))
	if got := four["activations_bytes"] - three["activations_bytes"]; got != want {
		t.Errorf("a block keeps %v bytes, want %v", got, want)
	}
}

// Nothing stays behind a sample but what was there before it.
func TestEverythingIsFreed(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{noGrad, grad, backward} {
		i := openInstance(t, workloads.Values{"mode": mode, "dim": 32, "seq_len": 16})
		before := i.arena.LiveBytes()
		if err := i.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		sample(t, i)
		if after := i.arena.LiveBytes(); after != before {
			t.Errorf("%s: %d bytes are alive, %d before", mode, after, before)
		}
	}
}

// Verify takes more memory than a sample and moves the parameters: neither is
// seen afterwards.
func TestVerifyLeavesNoTrace(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{noGrad, grad, backward} {
		i := openInstance(t, workloads.Values{"mode": mode, "dim": 32, "seq_len": 16})
		before := sample(t, i)["memory_bytes"]
		var parameters []float32
		for _, p := range i.model.Parameters() {
			parameters = append(parameters, p.Data()...)
		}
		if err := i.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		if after := workloadtest.Rows(t, Workload(), i)[0]["memory_bytes"]; after != before {
			t.Errorf("%s: %v bytes after Verify, %v before", mode, after, before)
		}
		at := 0
		for name, p := range i.model.Parameters() {
			if data := p.Data(); !slices.Equal(data, parameters[at:at+len(data)]) {
				t.Errorf("%s: Verify changes %s", mode, name)
			}
			at += len(p.Data())
		}
	}
}

// What the output is multiplied by is not the input again, or the loss would be
// about the length of a block's input whatever the block does.
func TestInputsDiffer(t *testing.T) {
	t.Parallel()
	i := openInstance(t, workloads.Values{"dim": 32, "heads": 4, "seq_len": 64})
	var product float64
	for n, x := range i.x.Data() {
		product += float64(x) * float64(i.weight.Data()[n])
	}
	if correlation := product / float64(i.x.Len()); math.Abs(correlation) > 0.1 {
		t.Errorf("input and weight have a correlation of %v", correlation)
	}
}

func TestVerifyFindsWrongResults(t *testing.T) {
	t.Parallel()
	i := openInstance(t, workloads.Values{"mode": backward, "dim": 32, "seq_len": 16})
	right := i.compute
	i.compute = func() error { // a gradient that is a tenth too large
		err := right()
		for _, t := range i.model.Parameters() {
			for j, g := range t.Grad() {
				t.Grad()[j] = 1.1 * g
			}
		}
		return err
	}
	if err := i.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "along the gradient") {
		t.Errorf("gradient: error %v", err)
	}
	i.compute = func() error {
		err := right()
		i.loss *= 1.001
		return err
	}
	if err := i.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "where nothing is recorded") {
		t.Errorf("loss: error %v", err)
	}
}

// What is refused must be at least what is used, and not many times that.
func TestNeedsBoundsTheMemory(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{noGrad, grad, backward} {
		for _, algorithm := range []string{naive, flash} {
			for _, shape := range []workloads.Values{
				{"dim": 128, "heads": 4, "seq_len": 64, "depth": 2},
				{"dim": 16, "heads": 4, "seq_len": 200, "depth": 6},
				{"dim": 256, "heads": 1, "seq_len": 4, "depth": 1, "batch": 3},
			} {
				shape["mode"], shape["algorithm"] = mode, algorithm
				i := openInstance(t, shape)
				used, need := sample(t, i)["memory_bytes"], needs(&i.settings)
				if mode == backward {
					used += float64(i.model.Bytes()) // Verify's copy
				}
				if need < used || need > 2*used+8<<20 {
					t.Errorf("%v: %.0f bytes are expected, %.0f used", shape, need, used)
				}
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	if _, known := workloads.AvailableMemory(); !known {
		t.Skip("this system does not tell how much memory is available")
	}
	w := Workload()
	values := workloadtest.Values(w, nil)
	values["dim"], values["depth"] = 100_000, 1000
	_, err := w.Open(t.Context(), workloads.Env{Params: values, Log: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "are available") {
		t.Errorf("480 TB of parameters: error %v, want that the memory does not suffice", err)
	}
}
