package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"runx/internal/tensor/nn"
	"runx/internal/tokenizer"
	"runx/workloads"
	"runx/workloads/workloadtest"
)

func TestMain(m *testing.M) { workloadtest.Main(m, Workload()) }

func TestConformance(t *testing.T) {
	workloadtest.Run(t, workloadtest.Suite{
		Workload: Workload(),
		Params:   workloads.Values{"model": "nano", "prompt_tokens": 5, "new_tokens": 3},
		Cases: []workloads.Values{
			{"new_tokens": 1},
			{"model": "micro", "prompt_tokens": 40, "dtype": bf16, "threads": 2},
		},
		Untried:   []string{"model"},
		Refused:   []workloads.Values{{"prompt_tokens": 250, "new_tokens": 8}},
		Seeded:    []string{"memory_bytes", "work_flops", "moved_bytes", "spans_count"},
		Optional:  []string{"tpot_ms"},
		Allocates: "JSON is read and written, and each tensor has a header",
	})
}

func openInstance(t *testing.T, dir string, given workloads.Values) *instance {
	t.Helper()
	w := Workload()
	i, err := w.Open(t.Context(), workloads.Env{Params: workloadtest.Values(w, given), Seed: 1, Log: io.Discard, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.Close() })
	return i.(*instance)
}

func measure(t *testing.T, i *instance) map[string]float64 {
	t.Helper()
	return workloadtest.Rows(t, Workload(), i)[0]
}

// A request that came to no end is none to look at.
func TestNoTraceOfHalfARequest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	i := openInstance(t, dir, workloads.Values{"model": "nano"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := workloads.NewRecorder(Workload(), nil, &workloads.Monitor{})
	if err := i.Sample(ctx, r); err == nil {
		t.Fatal("no error of a sample that is not wanted")
	}
	i.line.begin()
	i.line.add(parse, outside, outside, 0)
	if err := i.Close(); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%v, %v, want no trace", files, err)
	}
}

// Each span is two readings of the clock, and the peak of memory is that of the
// samples, whatever loading and Verify needed before.
func TestReportsTheClockAndThePeak(t *testing.T) {
	t.Parallel()
	small := workloads.Values{"model": "nano", "prompt_tokens": 1, "new_tokens": 1}
	fresh := openInstance(t, "", small)
	fresh.arena.ResetPeak()
	want := measure(t, fresh)["memory_bytes"]
	i := openInstance(t, "", small)
	if err := i.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := measure(t, i)
	if got["memory_bytes"] != want {
		t.Errorf("%v bytes after Verify, %v without", got["memory_bytes"], want)
	}
	if cost := milliseconds(i.clockCost); math.Abs(got["clock_ms"]-2*got["spans_count"]*cost) > 1e-9 {
		t.Errorf("clock_ms is %v for %v spans of two readings of %v ms", got["clock_ms"], got["spans_count"], cost)
	}
}

// Stages with what is unaccounted, and classes, each add up to the request.
func TestBudgetAddsUp(t *testing.T) {
	t.Parallel()
	got := measure(t, openInstance(t, "", workloads.Values{"model": "nano", "prompt_tokens": 9, "new_tokens": 4}))
	byStage, byClass := got["unaccounted_ms"], got["compute_ms"]+got["transfer_ms"]+got["overhead_ms"]
	for s := range stageCount {
		if got[s.metric()] <= 0 {
			t.Errorf("%s is %v", s.metric(), got[s.metric()])
		}
		byStage += got[s.metric()]
	}
	const rounding = 1e-9
	if math.Abs(byStage-byClass) > rounding || byStage > got["latency_ms"] {
		t.Errorf("stages add up to %v, classes to %v, the latency is %v", byStage, byClass, got["latency_ms"])
	}
	if got["ttft_ms"]+3*got["tpot_ms"] > byStage || got["ttft_ms"] <= 0 || got["tpot_ms"] <= 0 {
		t.Errorf("first token after %v, others %v each, the request %v", got["ttft_ms"], got["tpot_ms"], byStage)
	}
	if want := float64(spansBeside + 4*(spansPerToken+2*2)); got["spans_count"] != want {
		t.Errorf("%v spans, want %v", got["spans_count"], want)
	}
}

// A request of four spans, by hand: at 1 byte a nanosecond the bytes of the MLP
// take a part of it.
func TestBudgetByHand(t *testing.T) {
	t.Parallel()
	c := cost{config: nn.Config{Dim: 2, Heads: 1, KVHeads: 1, HiddenDim: 3, Activation: nn.GELU}, elementBytes: 2}
	l := timeline{ended: 1000, spans: []span{
		{stage: parse, start: 10, end: 110, layer: noLayer, step: outside},
		{stage: mlp, start: 200, end: 900, step: 0},
		{stage: attention, start: 900, end: 910, step: 1},
		{stage: mlp, start: 910, end: 920, step: 1},
	}}
	b := l.budget(c, 5, 1e9)
	// 24 bytes of weights; input and output are 8 bytes a token each.
	prefill, decode := 24+5*16.0, 24+16.0
	// 32 bytes of weights, keys and values of 5 tokens before and this one.
	attended := 32 + 2*2*floatBytes*(5+2) + 16.0
	if b.bytes != prefill+decode+attended || b.flops != 2*12*6+2*16+4*2*6 {
		t.Errorf("%v bytes, %v operations", b.bytes, b.flops)
	}
	moved := time.Duration(prefill) + 10 + 10 // no more than the span
	want := [classCount]time.Duration{compute: 720 - moved, transfer: moved, overhead: 100 + 180}
	if b.classes != want || b.unaccounted != 180 || b.stages[mlp] != 710 {
		t.Errorf("classes %v, want %v; unaccounted %v", b.classes, want, b.unaccounted)
	}
}

func TestCostByHand(t *testing.T) {
	t.Parallel()
	c := cost{config: nn.Config{Dim: 8, Heads: 4, KVHeads: 2, HiddenDim: 10, VocabSize: 100, Activation: nn.SwiGLU}, elementBytes: 4}
	for _, x := range []struct {
		stage        stage
		bytes, flops float64
	}{
		{attention, 4*(64+64+32+32) + 4*2*4*(7+2*3) + 4*2*3*8, 2*3*192 + 4*8*(3*7+6)},
		{mlp, 4*3*80 + 4*2*3*8, 2 * 3 * 240},
		{head, 4*800 + 4*108, 1600},
		{embed, 0, 0},
	} {
		if bytes, flops := c.of(x.stage, 3, 7); bytes != x.bytes || flops != x.flops {
			t.Errorf("%v: %v bytes and %v operations, want %v and %v", x.stage, bytes, flops, x.bytes, x.flops)
		}
	}
}

func TestVerifyFindsWrongTokens(t *testing.T) {
	t.Parallel()
	i := openInstance(t, "", workloads.Values{"model": "micro", "prompt_tokens": 20, "new_tokens": 6, "dtype": fp16})
	if err := i.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	bytesOnly, err := tokenizer.Train("", 256)
	if err != nil {
		t.Fatal(err)
	}
	i.encoder = bytesOnly.NewEncoder()
	if err := i.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "by itself") {
		t.Errorf("another tokenizer: error %v, want that the tokens differ", err)
	}
}

func TestPrompt(t *testing.T) {
	t.Parallel()
	for model, most := range map[string]int{"nano": 255, "micro": 400} {
		i := openInstance(t, "", workloads.Values{"model": model, "prompt_tokens": 1, "new_tokens": 1})
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.IntRange(1, most).Draw(t, "tokens")
			prompt := makePrompt(i.encoder, n, rapid.Uint64().Draw(t, "seed"))
			if got := len(i.encoder.Append(nil, prompt)); got != n {
				t.Fatalf("%q has %d tokens, want %d", prompt, got, n)
			}
		})
	}
}

// Whatever the machine, an array is read at 10 MB/s at least and 10 TB/s at most.
func TestBandwidth(t *testing.T) {
	t.Parallel()
	i := openInstance(t, "", workloads.Values{"model": "nano", "prompt_tokens": 1, "new_tokens": 1, "threads": 2})
	for _, bytes := range []int64{1, 100_000, 5_000_001} {
		got, err := measureBandwidth(i.engine, bytes)
		if err != nil || got < 1e7 || got > 1e13 {
			t.Errorf("%d bytes: %v bytes per second, %v", bytes, got, err)
		}
	}
}

func TestTrace(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "yet")
	i := openInstance(t, dir, workloads.Values{"model": "nano", "prompt_tokens": 6, "new_tokens": 3})
	measure(t, i)
	spans := slices.Clone(i.line.spans)
	if err := i.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "trace.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got trace
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if n := len(got.Events); n != 2+2*(1+3+len(spans)) {
		t.Errorf("%d events of %d spans", n, len(spans))
	}
	checkNesting(t, got.Events)
	names := map[string]int{}
	for _, e := range got.Events {
		if e.Phase != "E" {
			names[e.Name]++
		}
	}
	for name, want := range map[string]int{"request": 1, "prefill": 1, "decode 1": 1, "decode 2": 1, "mlp": 3 * 2, "head": 3, "tokenize": 1, "process_name": 1, "thread_name": 1} {
		if names[name] != want {
			t.Errorf("%d events %q, want %d", names[name], name, want)
		}
	}
}

// checkNesting checks what the viewers want: times that do not go back, not by
// a rounding either, and ends in the opposite order of the beginnings.
func checkNesting(t *testing.T, events []event) {
	t.Helper()
	var begun []string
	last := 0.0
	for _, e := range events {
		if e.Phase == "M" {
			continue
		}
		switch n := len(begun); {
		case e.Timestamp < last:
			t.Fatalf("event %+v after one at %v", e, last)
		case e.Phase == "B":
			begun = append(begun, e.Name)
		case e.Phase == "E" && n > 0 && begun[n-1] == e.Name:
			begun = begun[:n-1]
		default:
			t.Fatalf("event %+v in %q", e, begun)
		}
		last = e.Timestamp
	}
	if len(begun) > 0 {
		t.Errorf("%q do not end", begun)
	}
}

// Each span is where its two readings of the clock are, inside of its step.
func TestTraceByHand(t *testing.T) {
	t.Parallel()
	l := timeline{ended: 100 * time.Microsecond, spans: []span{
		{start: 1, end: 2001, stage: parse, layer: noLayer, step: outside},
		{start: 3000, end: 13007, stage: attention, layer: 0, step: 0},
		{start: 13007, end: 20000, stage: mlp, layer: 0, step: 0},
		{start: 20000, end: 50003, stage: attention, layer: 0, step: 1},
		{start: 60001, end: 99999, stage: serialize, layer: noLayer, step: outside},
	}}
	want := []string{
		"request 0 100", "parse 0.001 2.001", "prefill 3 20", "attention 3 13.007", "mlp 13.007 20",
		"decode 1 20 50.003", "attention 20 50.003", "serialize 60.001 99.999",
	}
	var got []string
	var begun []int
	for _, e := range newTrace("a title", &l).Events {
		switch e.Phase {
		case "B":
			begun = append(begun, len(got))
			got = append(got, fmt.Sprint(e.Name, " ", e.Timestamp))
		case "E":
			n := begun[len(begun)-1]
			begun = begun[:len(begun)-1]
			got[n] += fmt.Sprint(" ", e.Timestamp)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What is refused must be at least what is used, and not many times that.
func TestNeedsBoundsTheMemory(t *testing.T) {
	t.Parallel()
	for _, p := range []workloads.Values{
		{"model": "nano", "prompt_tokens": 250, "new_tokens": 2},
		{"model": "micro", "prompt_tokens": 1000, "new_tokens": 4, "dtype": bf16},
	} {
		i := openInstance(t, "", p)
		used := measure(t, i)["memory_bytes"]
		if need := needs(&i.settings, i.cost.config); need < used || need > 4*used+bandwidthBytes+1<<20 {
			t.Errorf("%v: %.0f bytes are expected, %.0f used", p, need, used)
		}
	}
}
