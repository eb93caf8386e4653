package transformer

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"runx/internal/load"
	"runx/internal/tensor"
	"runx/internal/tensor/nn"
	"runx/workloads"
	"runx/workloads/workloadtest"
)

func TestMain(m *testing.M) { workloadtest.Main(m, Workload()) }

func TestConforms(t *testing.T) {
	workloadtest.Run(t, workloadtest.Suite{
		Workload: Workload(),
		Params:   workloads.Values{"model": "nano", "prompt_tokens": 12, "requests": 20, "rate_per_s": 2000.0},
		Untried:  []string{"model"},
		Cases: []workloads.Values{
			{"batch": 5, "packed": false, "threads": 2},
			{"batch": 3, "phase": decode, "dtype": "bf16"},
			{"batch": 3, "phase": generate, "packed": false, "dtype": "fp16"},
			{"batch": 4, "phase": generate, "model": "micro", "new_tokens": 1},
			{"batch": 4, "phase": generate, "arrivals": poisson, "max_wait_ms": 1.0},
		},
		Refused: []workloads.Values{
			{"prompt_tokens": 256}, {"phase": generate, "prompt_tokens": 200, "new_tokens": 58},
			{"phase": decode, "arrivals": poisson},
		},
		Slow:      workloads.Values{"arrivals": poisson, "rate_per_s": 0.001},
		Seeded:    []string{"cache_bytes"}, // the rest depends on how many arrive in time
		Optional:  []string{"queue_ms", "service_ms", "batch_size_count", "lag_ms"},
		Allocates: "results have their headers on the heap",
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

func sample(t *testing.T, i *instance) []map[string]float64 {
	t.Helper()
	return workloadtest.Rows(t, Workload(), i)
}

// The shape of nano: 2 layers, 64 wide, an MLP of 256, 256 tokens, 4 heads.
func TestKnownCosts(t *testing.T) {
	t.Parallel()
	const (
		layers, dim, hidden, vocab = 2, 64, 256, 256
		matrices                   = 4*dim*dim + 2*dim*hidden
	)
	for _, tt := range []struct {
		phase string
		want  float64
	}{
		// A query of position n sees n+1 keys: 10 prompts tokens see 55.
		{prefill, 3 * (2*(10*layers*matrices+dim*vocab) + layers*4*55*dim)},
		{decode, 3 * (2*(layers*matrices+dim*vocab) + layers*4*11*dim)},
		// The first of 3 new tokens is prefill's.
		{generate, 3 * (2*(12*layers*matrices+3*dim*vocab) + layers*4*(55+11+12)*dim)},
	} {
		i := openInstance(t, workloads.Values{"phase": tt.phase, "model": "nano", "batch": 3, "prompt_tokens": 10, "new_tokens": 3})
		row := sample(t, i)[0]
		if got := row["work_flops"]; got != tt.want {
			t.Errorf("%s: %v operations, want %v", tt.phase, got, tt.want)
		}
		// Two of them, of at least 11 tokens, and not all of 32.
		low, high := float64(3*layers*2*11*dim*4), float64(3*layers*2*32*dim*4)
		if got := row["cache_bytes"]; got < low || got > high {
			t.Errorf("%s: a cache of %v bytes, want %v to %v", tt.phase, got, low, high)
		}
		if got, want := row["memory_bytes"], float64(i.model.Bytes())+row["cache_bytes"]; got <= want || got > want+1<<20 {
			t.Errorf("%s: %v bytes, of which model and cache have %v", tt.phase, got, want)
		}
		if got, want := row["requests_per_s"], 3/(row["latency_ms"]/1e3); math.Abs(got/want-1) > 0.5 {
			t.Errorf("%s: %v requests a second, by latency %v", tt.phase, got, want)
		}
	}
}

// Arrivals are those of the repetition, whoever serves them.
func TestArrivalsAreCommon(t *testing.T) {
	t.Parallel()
	intended := func(batch, rep, seed int) (times []time.Duration) {
		i := openInstance(t, workloads.Values{
			"arrivals": poisson, "phase": generate, "model": "nano", "requests": 10, "rate_per_s": 5000.0, "batch": batch, "demand_seed": seed,
		})
		r := workloads.NewRecorder(Workload(), nil, &workloads.Monitor{})
		r.SetRep(rep)
		if err := i.Sample(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		for _, q := range i.server.log.Requests() {
			times = append(times, q.Intended)
		}
		return times
	}
	first := intended(1, 3, 1)
	if got := intended(4, 3, 1); !slices.Equal(got, first) {
		t.Errorf("batches of 4 get %v, batches of 1 %v", got, first)
	}
	if got := intended(1, 4, 1); slices.Equal(got, first) {
		t.Error("two repetitions have the same arrivals")
	}
	if got := intended(1, 3, 2); slices.Equal(got, first) {
		t.Error("two demands have the same arrivals")
	}
}

// Each request has one row, whose parts add up, and how many are served together
// is what limit and wait allow.
func TestArrivals(t *testing.T) {
	t.Parallel()
	const requests = 20
	for _, tt := range []struct {
		name   string
		params workloads.Values
		want   func(size float64) bool
	}{
		{"one by one", workloads.Values{"batch": 1}, func(size float64) bool { return size == 1 }},
		{"all wait", workloads.Values{"batch": 4, "max_wait_ms": 1e4}, func(size float64) bool { return size == 4 }},
		{"none wait", workloads.Values{"batch": 4}, func(size float64) bool { return 1 <= size && size <= 4 }},
	} {
		tt.params["arrivals"], tt.params["phase"], tt.params["model"] = poisson, generate, "nano"
		tt.params["requests"], tt.params["rate_per_s"] = requests, 5000.0
		i := openInstance(t, tt.params)
		rows := sample(t, i)
		if len(rows) != requests {
			t.Fatalf("%s: %d rows, want %d", tt.name, len(rows), requests)
		}
		var last time.Duration
		for _, q := range i.server.log.Requests() {
			last = max(last, q.Ended)
		}
		spent := (last - i.server.log.Requests()[0].Intended).Seconds()
		for n, row := range rows {
			if sum := row["queue_ms"] + row["service_ms"]; math.Abs(sum-row["latency_ms"]) > 1e-9 {
				t.Errorf("%s: request %d: %v ms waiting and %v ms served are not %v ms", tt.name, n, row["queue_ms"], row["service_ms"], row["latency_ms"])
			}
			if row["lag_ms"] < 0 || row["lag_ms"] > row["queue_ms"] {
				t.Errorf("%s: request %d: a lag of %v ms in %v ms of waiting", tt.name, n, row["lag_ms"], row["queue_ms"])
			}
			size := row["batch_size_count"]
			if !tt.want(size) {
				t.Errorf("%s: request %d: %v were served together", tt.name, n, size)
			}
			if want := workFlops(&i.settings, i.config, int(size)); row["work_flops"] != want {
				t.Errorf("%s: request %d: %v operations in a batch of %v, want %v", tt.name, n, row["work_flops"], size, want)
			}
			if got := row["requests_per_s"] * spent; math.Abs(got-requests) > 1e-6 {
				t.Errorf("%s: %v requests in the time of the sample, want %d", tt.name, got, requests)
			}
		}
	}
}

// 10,000 gaps are 10,000 times the mean one to a percent or so.
func TestRateOfArrivals(t *testing.T) {
	t.Parallel()
	i := openInstance(t, workloads.Values{"arrivals": poisson, "model": "nano", "rate_per_s": 500.0})
	var sum time.Duration
	for range 10_000 {
		sum += i.server.open.Gap()
	}
	if got := sum.Seconds(); math.Abs(got-20) > 1 {
		t.Errorf("10000 requests come in %v s, want 20", got)
	}
}

// The weights are in the format and order asked for: what is packed cannot be
// packed again.
func TestWeightsAsAsked(t *testing.T) {
	t.Parallel()
	for _, packed := range []bool{false, true} {
		var bytes []float64
		for _, dtype := range []string{"fp32", "bf16"} {
			i := openInstance(t, workloads.Values{"model": "nano", "dtype": dtype, "packed": packed})
			bytes = append(bytes, float64(i.model.Bytes()))
			if err := i.model.Pack(i.engine, i.arena, i.format()); (err != nil) != packed {
				t.Errorf("packed %t: to pack it once more gives the error %v", packed, err)
			}
		}
		if share := bytes[1] / bytes[0]; share < 0.5 || share > 0.6 { // norms and biases stay
			t.Errorf("packed %t: bf16 has %v of the bytes of fp32", packed, share)
		}
	}
}

// Verify takes more memory than a step of decode, which is not seen afterwards.
func TestMemoryIsThatOfASample(t *testing.T) {
	t.Parallel()
	i := openInstance(t, workloads.Values{"model": "nano", "phase": decode, "prompt_tokens": 100})
	before := sample(t, i)[0]["memory_bytes"]
	if err := i.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if after := sample(t, i)[0]["memory_bytes"]; after != before {
		t.Errorf("%v bytes after Verify, %v before", after, before)
	}
}

// A request that nobody joins waits for max_wait_ms, and not longer.
func TestALoneRequestWaits(t *testing.T) {
	t.Parallel()
	rows := sample(t, openInstance(t, workloads.Values{
		"arrivals": poisson, "model": "nano", "batch": 2, "requests": 1, "max_wait_ms": 30.0, "rate_per_s": 1000.0,
	}))
	// 1 request can fill no batch of 2; sizes above the requests do not occur.
	if got := rows[0]["batch_size_count"]; got != 1 {
		t.Errorf("%v were served together", got)
	}
	if got := rows[0]["queue_ms"]; got > 30 {
		t.Errorf("waited %v ms although nobody was to come", got)
	}
	rows = sample(t, openInstance(t, workloads.Values{
		"arrivals": poisson, "model": "nano", "batch": 2, "requests": 3, "max_wait_ms": 30.0, "rate_per_s": 1e6,
	}))
	if got := rows[2]["queue_ms"]; got < 29 || rows[2]["batch_size_count"] != 1 {
		t.Errorf("the third of three by twos waited %v ms, and was served with %v", got, rows[2]["batch_size_count"])
	}
}

// A request that has waited long enough while the server was busy is served at
// once.
func TestWaitCountsFromTheArrival(t *testing.T) {
	t.Parallel()
	i := openInstance(t, workloads.Values{"arrivals": poisson, "model": "nano", "batch": 2, "requests": 2, "max_wait_ms": 60e3})
	sample(t, i) // which starts the clock
	i.server.queue <- &load.Request{Sent: -time.Hour}
	begin := time.Now()
	if !i.server.fill(t.Context(), nil) || len(i.server.batch) != 1 {
		t.Errorf("a batch of %d, want 1", len(i.server.batch))
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("held back for %v more, want not at all", took)
	}
}

// Each sequence goes on with its most likely token, as the model does by itself.
func TestGeneratesTheMostLikely(t *testing.T) {
	t.Parallel()
	const prompt, tokens = 8, 5
	i := openInstance(t, workloads.Values{"model": "nano", "phase": generate, "batch": 2, "prompt_tokens": prompt, "new_tokens": tokens})
	if err := i.perform(); err != nil {
		t.Fatal(err)
	}
	for s, got := range i.next {
		cache, err := i.model.NewCache(i.engine, i.arena, 1, prompt+tokens-1)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Collect(i.model.Generate(i.pass, i.prompts[s*prompt:][:prompt], cache, new(nn.Sampler)))
		if len(want) != tokens || got != want[tokens-1] {
			t.Errorf("sequence %d ends with %d, the model by itself generates %v", s, got, want)
		}
	}
}

func TestVerifyFindsWrongResults(t *testing.T) {
	t.Parallel()
	i := openInstance(t, workloads.Values{"model": "nano", "batch": 3, "prompt_tokens": 20})
	if err := i.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	batch, err := tensor.FromSlice([]float32{1, 2, 3, 4.01}, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := tensor.FromSlice([]float32{3, 4}, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := compare(1, batch, alone); err == nil || !strings.Contains(err.Error(), "sequence 1 are off by 0.002") {
		t.Errorf("error %v, want that a sequence is off", err)
	}
	// A step that went over another cache, or added another token, is found: at
	// the ends of the batch, and within.
	for wrong := range 3 {
		if err := i.prefill(3); err != nil {
			t.Fatal(err)
		}
		told := slices.Clone(i.next)
		i.next[wrong] = (i.next[wrong] + 1) % int32(i.config.VocabSize)
		logits := i.model.Decode(i.pass, i.next, i.caches[3])
		err := i.verifySequences(t.Context(), told, logits)
		if want := fmt.Sprintf("sequence %d are off", wrong); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("another token in sequence %d: error %v", wrong, err)
		}
		i.pass.Free(logits)
	}
}

// What is refused must be at least what is used, and not many times that.
func TestNeedsBoundsTheMemory(t *testing.T) {
	t.Parallel()
	for _, p := range []workloads.Values{
		{"model": "nano", "batch": 7, "phase": generate, "packed": false},
		{"model": "micro", "batch": 16, "prompt_tokens": 100},
		{"model": "micro", "dtype": "bf16", "phase": decode, "prompt_tokens": 300},
		{"model": "micro", "batch": 8, "phase": generate, "arrivals": poisson, "rate_per_s": 1e5, "requests": 9},
	} {
		i := openInstance(t, p)
		used, need := sample(t, i)[0]["memory_bytes"], needs(&i.settings, i.config)
		if need < used || need > 2*used+16<<20 {
			t.Errorf("%v: %.0f bytes are expected, %.0f used", p, need, used)
		}
	}
}
