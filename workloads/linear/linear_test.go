package linear

import (
	"context"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/tensor"
	"runx/workloads"
	"runx/workloads/workloadtest"
)

func openInstance(t rapid.TB, given workloads.Values) (*instance, error) {
	t.Helper()
	w := Workload()
	i, err := w.Open(context.Background(), workloads.Env{Params: workloadtest.Values(w, given), Seed: 1, Log: io.Discard})
	if err != nil {
		return nil, err
	}
	return i.(*instance), nil
}

func measure(t rapid.TB, params workloads.Values) map[string]float64 {
	t.Helper()
	i, err := openInstance(t, params)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	for range 2 { // the peak must not grow
		workloadtest.Rows(t, Workload(), i)
	}
	return workloadtest.Rows(t, Workload(), i)[0]
}

func TestMemoryAndWorkByFormula(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 40)
		batch, seqLen, dim, out := size.Draw(t, "batch"), size.Draw(t, "seq_len"), size.Draw(t, "dim"), size.Draw(t, "out_dim")
		got := measure(t, workloads.Values{"batch": batch, "seq_len": seqLen, "dim": dim, "out_dim": out})
		rows := batch * seqLen
		if want := 4 * (rows*dim + rows*out + dim*out); got["memory_bytes"] != float64(want) {
			t.Errorf("%v bytes, want %d", got["memory_bytes"], want)
		}
		if want := 2 * rows * dim * out; got["work_flops"] != float64(want) {
			t.Errorf("%v operations, want %d", got["work_flops"], want)
		}
	})
}

// 96 columns are whole panels on every instruction set: packing adds nothing,
// and the weight that was packed is not counted.
func TestPackedMemoryIsThatOfThePlainOne(t *testing.T) {
	t.Parallel()
	params := workloads.Values{"seq_len": 20, "dim": 50, "out_dim": 96}
	plainBytes := measure(t, params)["memory_bytes"]
	params["weight"] = packed
	if got := measure(t, params)["memory_bytes"]; got != plainBytes {
		t.Errorf("%v bytes packed, %v plain", got, plainBytes)
	}
}

func TestOutDimIsDimUnlessGiven(t *testing.T) {
	t.Parallel()
	got := measure(t, workloads.Values{"seq_len": 10, "dim": 8})["work_flops"]
	if want := 2.0 * 10 * 8 * 8; got != want {
		t.Errorf("%v operations, want %v", got, want)
	}
}

// All blocks of the input are filled, each with values of its own, and by any
// number of threads with the same.
func TestInputIsRandom(t *testing.T) {
	t.Parallel()
	const n = 2*fillBlock + 100
	var first []float32
	for _, threads := range []int{1, 3} {
		i, err := openInstance(t, workloads.Values{"seq_len": n / 4, "dim": 4, "threads": threads})
		if err != nil {
			t.Fatal(err)
		}
		defer i.Close()
		x := i.x.Data()
		for values := range slices.Chunk(x, 68) { // which divides n
			var sum, squares float64
			for _, v := range values {
				sum, squares = sum+float64(v), squares+float64(v)*float64(v)
			}
			if math.Abs(sum) > 60 || squares < 15 || squares > 200 {
				t.Fatalf("68 values add up to %v and their squares to %v: want about 0 and 68", sum, squares)
			}
		}
		if slices.Equal(x[:fillBlock], x[fillBlock:2*fillBlock]) {
			t.Error("two blocks are the same")
		}
		if first != nil && !slices.Equal(x, first) {
			t.Error("the input depends on the number of threads")
		}
		first = x
	}
}

// The weight is not the input again, and its rows are about 1 long, so that
// results are about as large as inputs.
func TestWeightIsRandom(t *testing.T) {
	t.Parallel()
	const dim = 256
	i, err := openInstance(t, workloads.Values{"seq_len": dim, "dim": dim})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	var squares, product float64
	for n, w := range i.plain.Data() {
		squares += float64(w) * float64(w)
		product += float64(w) * float64(i.x.Data()[n])
	}
	if mean := squares / dim; math.Abs(mean-1) > 0.05 {
		t.Errorf("the square of a row's length is %v in the mean, want 1", mean)
	}
	if correlation := product / math.Sqrt(squares) / dim; math.Abs(correlation) > 0.05 {
		t.Errorf("weight and input have a correlation of %v", correlation)
	}
}

// What one sample could not do, the next one can.
func TestErrorDoesNotStay(t *testing.T) {
	t.Parallel()
	i, err := openInstance(t, workloads.Values{"seq_len": 5, "dim": 8})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	narrow, err := tensor.NewTensor(i.arena, 5, 7)
	if err != nil {
		t.Fatal(err)
	}
	right := i.x
	i.x = narrow
	if err := i.compute(); err == nil {
		t.Error("7 columns were multiplied by a weight of 8")
	}
	i.x = right
	if err := i.compute(); err != nil {
		t.Errorf("after an error: %v", err)
	}
}

func TestVerifyFindsWrongResults(t *testing.T) {
	t.Parallel()
	for _, weight := range []string{plain, packed} {
		i, err := openInstance(t, workloads.Values{"weight": weight, "seq_len": 100, "dim": 32})
		if err != nil {
			t.Fatal(err)
		}
		defer i.Close()
		if err := i.Verify(context.Background()); err != nil {
			t.Error(err)
		}
		i.apply = func() error {
			err := i.compute()
			i.y.Data()[len(i.y.Data())-1] += 0.01 // in the last row
			return err
		}
		if err := i.Verify(context.Background()); err == nil || !strings.Contains(err.Error(), "row 99 is off by") {
			t.Errorf("%s: error %v, want that the last row is off", weight, err)
		}
	}
}

func TestOpenRefusesWhatTheMachineCannotHold(t *testing.T) {
	t.Parallel()
	if _, known := workloads.AvailableMemory(); !known {
		t.Skip("this system does not tell how much memory is available")
	}
	_, err := openInstance(t, workloads.Values{"seq_len": 1_000_000_000, "batch": 1_000_000})
	if err == nil || !strings.Contains(err.Error(), "are available") {
		t.Errorf("error %v, want that the memory does not suffice", err)
	}
}

// What is refused must be at least what is used, and not many times that.
func TestNeedsBoundsTheMemory(t *testing.T) {
	t.Parallel()
	for _, params := range []workloads.Values{
		{"seq_len": 5, "dim": 1},
		{"seq_len": 400, "dim": 256, "weight": packed},
		{"seq_len": 1, "dim": 300, "out_dim": 33, "weight": packed},
	} {
		i, err := openInstance(t, params)
		if err != nil {
			t.Fatal(err)
		}
		if err := i.apply(); err != nil {
			t.Error(err)
		}
		used := float64(i.arena.PeakBytes())
		if need := i.needs(); need < used || need > 2*used+32<<20 {
			t.Errorf("%v: %.0f bytes are expected, %.0f used", params, need, used)
		}
		i.Close()
	}
}
