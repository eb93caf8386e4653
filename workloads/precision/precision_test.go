package precision

import (
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/workloads"
	"runx/workloads/workloadtest"
)

func openInstance(t *testing.T, given workloads.Values, seed uint64) (*instance, error) {
	t.Helper()
	w := Workload()
	i, err := w.Open(t.Context(), workloads.Env{Params: workloadtest.Values(w, given), Seed: seed, Log: io.Discard})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { i.Close() })
	return i.(*instance), nil
}

func measure(t *testing.T, params workloads.Values) map[string]float64 {
	t.Helper()
	i, err := openInstance(t, params, 1)
	if err != nil {
		t.Fatal(err)
	}
	return workloadtest.Rows(t, Workload(), i)[0]
}

func TestBytesAndWorkByFormula(t *testing.T) {
	t.Parallel()
	const batch, dim, outputs = 5, 64, 256 // outputs is a multiple of every panel
	for dtype, bytes := range map[string]float64{"fp32": 4, "fp16": 2, "bf16": 2, "int8": 1} {
		got := measure(t, workloads.Values{"dtype": dtype, "batch": batch, "dim": dim, "outputs": outputs})
		weights, rest := bytes*dim*outputs, 4.0*batch*(dim+outputs)
		if dtype == "int8" {
			weights += 4 * outputs // a scale each
		}
		for name, want := range map[string]float64{
			"weights_bytes": weights, "memory_bytes": weights + rest, "moved_bytes": weights + rest,
			"work_flops": 2 * batch * dim * outputs,
		} {
			if got[name] != want {
				t.Errorf("%s: %s is %v, want %v", dtype, name, got[name], want)
			}
		}
	}
}

// expectedError is the relative error, in units of the format's rounding, of a
// sum over normal weights of variance 1/dim. An error is uniform within half a
// step of the binade of its weight, u*2^k/sqrt(3) in the mean of squares from 2^k
// to 2^(k+1); weighed by how many weights each binade has, over their length.
func expectedError(dim int) float64 {
	deviation := 1 / math.Sqrt(float64(dim))
	below := func(x float64) float64 { return math.Erf(x / deviation / math.Sqrt2) }
	var squares float64
	for k := -40; k < 4; k++ {
		step := math.Ldexp(1, k)
		squares += step * step / 3 * (below(2*step) - below(step))
	}
	return math.Sqrt(squares) / deviation
}

// expectedInt8Error is the relative error of integers: uniform within half a scale,
// which is the largest of dim normal weights by 127. The mean of the squares of the
// largest is the integral of 2x times the chance that one of them is above x.
func expectedInt8Error(dim int) float64 {
	const step = 1e-3
	var squares float64
	for x := step / 2; x < 10; x += step {
		squares += 2 * x * (1 - math.Pow(math.Erf(x/math.Sqrt2), float64(dim))) * step
	}
	return math.Sqrt(squares/12) / 127
}

func TestErrorsAreThoseOfTheFormats(t *testing.T) {
	t.Parallel()
	const dim = 512
	halves := expectedError(dim)
	const within = 0.06 // 2048 logits know it to 2%
	for dtype, want := range map[string]float64{
		"fp16": halves * 0x1p-11, "bf16": halves * 0x1p-8, "int8": expectedInt8Error(dim),
	} {
		got := measure(t, workloads.Values{"dtype": dtype, "dim": dim, "outputs": 1024})
		if math.Abs(got["relative_error"]/want-1) > within {
			t.Errorf("%s: relative error %v, want %v", dtype, got["relative_error"], want)
		}
		// For small angles the cosine is 1 - error²/2, less what scales the result.
		if off := 1 - got["cosine"]; off <= 0 || off > got["relative_error"]*got["relative_error"]/2*1.01 {
			t.Errorf("%s: cosine 1-%v for relative error %v", dtype, off, got["relative_error"])
		}
		if got["max_abs_error"] <= got["relative_error"] || got["max_abs_error"] > 6*got["relative_error"] {
			t.Errorf("%s: largest error %v of 2048 standard normal logits for relative error %v",
				dtype, got["max_abs_error"], got["relative_error"])
		}
	}
	got := measure(t, workloads.Values{"dim": 512, "outputs": 1024})
	if got["relative_error"] > 1e-6 || got["relative_error"] == 0 || got["top1_agreement_ratio"] != 1 {
		t.Errorf("fp32: relative error %v, agreement %v", got["relative_error"], got["top1_agreement_ratio"])
	}
}

// Two logits whose difference is much below the errors are told apart by chance:
// agreement falls with precision, and is that of the float32 weights' order.
func TestAgreementFallsWithPrecision(t *testing.T) {
	t.Parallel()
	params := workloads.Values{"dim": 64, "outputs": 4096, "probes": 2000}
	params["dtype"] = "fp16"
	half := measure(t, params)["top1_agreement_ratio"]
	params["dtype"] = "bf16"
	brain := measure(t, params)["top1_agreement_ratio"]
	params["dtype"] = "int8"
	integer := measure(t, params)["top1_agreement_ratio"]
	if half < 0.99 || half > 1 || brain >= half || brain < 0.95 || integer >= brain || integer < 0.9 {
		t.Errorf("fp16 agrees %v, bf16 %v, int8 %v", half, brain, integer)
	}
}

// What is stored differs by no more than rounding says, and somewhere by almost as
// much; twice that is refused.
func TestRoundingBoundsStoredWeights(t *testing.T) {
	t.Parallel()
	for _, f := range []kernels.Format{kernels.Float16, kernels.BFloat16, kernels.Int8} {
		worst := 0.0
		rapid.Check(t, func(t *rapid.T) {
			weights := make([]float32, rapid.IntRange(1, 20).Draw(t, "weights"))
			for n := range weights {
				w := rapid.Float64Range(-4, 4).Draw(t, "w")
				weights[n] = float32(math.Ldexp(w, rapid.IntRange(-40, 3).Draw(t, "exponent")))
			}
			stored := storedAs(t, f, weights)
			if err := checkStored(f, weights, stored); err != nil {
				t.Fatal(err)
			}
			relative, absolute := rounding(f, weights)
			for n, w := range weights {
				bound := math.Abs(float64(w))*relative + absolute
				worst = max(worst, math.Abs(float64(stored[n])-float64(w))/bound)
				stored[n] = w + float32(2*bound)
				if checkStored(f, weights, stored) == nil && bound > math.Abs(float64(w))*0x1p-22 {
					t.Fatalf("%s: %g as %g is taken for rounding", f, w, stored[n])
				}
			}
		})
		if worst < 0.9 {
			t.Errorf("%s: rounding never came near its bound, at most %.2f of it", f, worst)
		}
	}
}

// storedAs is the weights of an output after they were stored.
func storedAs(t *rapid.T, f kernels.Format, weights []float32) []float32 {
	s, set, column := storage{format: f}, kernels.Best(), kernels.RowMajor(weights, len(weights), 1)
	stored := make([]float32, len(weights))
	err := s.alloc(set, tensor.NewArena(), len(weights), 1)
	if err == nil {
		err = s.pack(set, 0, column)
	}
	if err == nil {
		var factor kernels.Packed
		if factor, err = s.factor(set, len(weights), 1); err == nil {
			err = factor.Column(0, stored)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// The layer is the same however many threads draw it.
func TestWeightsDependOnTheSeedAlone(t *testing.T) {
	t.Parallel()
	params := workloads.Values{"dtype": "bf16", "dim": 50, "outputs": 1000}
	first, err := openInstance(t, params, 7)
	if err != nil {
		t.Fatal(err)
	}
	again, err := openInstance(t, params, 7)
	if err != nil {
		t.Fatal(err)
	}
	other, err := openInstance(t, params, 8)
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := make([]float32, 50), make([]float32, 50), make([]float32, 50)
	for _, output := range []int{0, 127, 128, 513, 999} {
		for i, dst := range map[*instance][]float32{first: a, again: b, other: c} {
			if err := i.layer.weights.Column(output, dst); err != nil {
				t.Fatal(err)
			}
		}
		if a[0] != b[0] || a[49] != b[49] || a[0] == c[0] {
			t.Errorf("output %d: %v, %v with the same seed and %v with another", output, a[0], b[0], c[0])
		}
	}
}

func TestVerifyFindsWrongResults(t *testing.T) {
	t.Parallel()
	for _, dtype := range []string{"fp32", "fp16", "bf16", "int8"} {
		i, err := openInstance(t, workloads.Values{"dtype": dtype, "batch": 3, "dim": 100, "outputs": 200}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := i.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		right := i.multiply
		i.multiply = func() error {
			err := right()
			for n := range i.y {
				i.y[n] *= 1.001
			}
			return err
		}
		if err := i.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "is off by") {
			t.Errorf("%s: error %v, want that a logit is off", dtype, err)
		}
	}
}

func TestOpenRefusesWhatTheMachineCannotHold(t *testing.T) {
	t.Parallel()
	if _, known := workloads.AvailableMemory(); !known {
		t.Skip("this system does not tell how much memory is available")
	}
	_, err := openInstance(t, workloads.Values{"dim": 1 << 17, "outputs": 1 << 21}, 1)
	if err == nil || !strings.Contains(err.Error(), "are available") {
		t.Errorf("1 TB of weights: error %v, want that the memory does not suffice", err)
	}
}

// What is refused must be at least what is used, and not many times that.
func TestNeedsBoundsTheMemory(t *testing.T) {
	t.Parallel()
	for _, dtype := range []string{"fp32", "fp16", "bf16", "int8"} {
		i, err := openInstance(t, workloads.Values{"dtype": dtype, "batch": 1000, "dim": 64, "outputs": 50_000, "probes": 1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if used, need := float64(i.arena.PeakBytes()), i.needs(); need < used || need > 3*used {
			t.Errorf("%s: %.0f bytes are expected, %.0f used", dtype, need, used)
		}
	}
}

// The limits are rates of this machine: above what any processor of these decades
// stays below, and more arithmetic than memory.
func TestLimitsArePlausible(t *testing.T) {
	t.Parallel()
	team := kernels.NewTeam(kernels.Best(), 1)
	defer team.Close()
	got, err := measureLimits(team)
	if err != nil {
		t.Fatal(err)
	}
	if got.flopsPerS < 1e8 || got.flopsPerS > 1e13 || got.bytesPerS < 1e8 || got.bytesPerS > 1e12 {
		t.Errorf("limits %.3g FLOP/s, %.3g bytes/s", got.flopsPerS, got.bytesPerS)
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, count := rapid.IntRange(1, 1000).Draw(t, "n"), rapid.IntRange(1, 200).Draw(t, "count")
		got := spread(n, count)
		if len(got) != min(n, count) || got[0] != 0 || len(got) > 1 && got[len(got)-1] != n-1 {
			t.Fatalf("%d of %d: %v", count, n, got)
		}
		for i := 1; i < len(got); i++ {
			if got[i] <= got[i-1] {
				t.Fatalf("%d of %d: %v does not rise", count, n, got)
			}
		}
	})
}
