package suite

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"runx/spec"
	"runx/workloads"
	"runx/workloads/workloadtest"
)

func TestMain(m *testing.M) { workloadtest.Main(m, All()...) }

// suites hold what the conformance suite cannot find out about a workload. One
// without an entry needs nothing said.
var suites = map[string]workloadtest.Suite{
	"admission": {
		Params: workloads.Values{"requests": 100, "mean_service_ms": 0.5},
		Cases: []workloads.Values{
			{"windows": 10},
			{"mode": "live", "load": 3.0, "policy": "codel", "target_ms": 0.1, "interval_ms": 0.5},
		},
		Refused: []workloads.Values{{"requests": 99, "windows": 10}},
		Slow:    workloads.Values{"mode": "live", "servers": 1, "mean_service_ms": 10_000.0, "load": 1.0, "requests": 360},
		Seeded:  []string{"offered_count", "elapsed_s"},
		Optional: []string{
			"p50_ms", "p99_ms", "queue_ms", "rejected_ratio", "slo_ratio", "little_error_ratio", "events_count", "lag_ms",
			"theory_latency_ms", "theory_rejected_ratio", "theory_queue_length_count",
		},
		Allocates: "the generator of a live run makes a timer",
	},
	"attention": {
		Params: workloads.Values{"dim": 64, "heads": 4, "seq_len": 96},
		Cases: []workloads.Values{
			{"causal": true},
			{"causal": true, "algorithm": "flash", "threads": 2, "batch": 3, "seq_len": 67},
			{"dim": 1, "heads": 1, "seq_len": 1},
		},
		Refused: []workloads.Values{{"dim": 100, "heads": 8}, {"heads": 64, "seq_len": 1_000_000_000}},
		Seeded:  []string{"memory_bytes", "work_flops"},
	},
	"autograd": {
		Params:    workloads.Values{"dim": 32, "heads": 2, "seq_len": 20, "depth": 2},
		Refused:   []workloads.Values{{"dim": 100, "heads": 8}},
		Seeded:    []string{"memory_bytes", "parameters_bytes", "activations_bytes", "nodes_count"},
		Allocates: "results have their headers on the heap, and the tape is there",
	},
	"concurrency": {
		Params: workloads.Values{"model": "nano", "prompt_tokens": 4, "new_tokens": 2, "requests": 12, "clients": 3},
		Cases: []workloads.Values{
			{"servers": 1},
			{"threads": 2},
			{"loop": "open", "load": 0.3},
			{"loop": "open", "rate_per_s": 2000.0, "servers": 1, "spin_us": 100.0},
			{"loop": "open", "execution": "processes"},
		},
		Refused:       []workloads.Values{{"model": "nano", "prompt_tokens": 250, "new_tokens": 7}},
		Slow:          workloads.Values{"requests": 500_000, "prompt_tokens": 64},
		Optional:      []string{"offered_per_s"},
		Untried:       []string{"model"},
		Dimensionless: []string{"answer_checksum"},
		Allocates:     "the clients and servers of a repetition are goroutines of its own, and the engine makes the headers of tensors",
	},
	"coldstart": {
		Cases:   []workloads.Values{{"load_by": "mmap", "page_cache": "evicted"}},
		Untried: []string{"model"},
		Refused: []workloads.Values{{"model": "tinyllama-1.1b"}, {"prompt_tokens": 257}},
		Seeded:  []string{"weights_bytes"},
		Optional: []string{
			"stage_spawn_ms", "stage_init_ms", "stage_handshake_ms", "cached_ratio",
			"weights_minor_faults_count", "weights_major_faults_count", "first_minor_faults_count", "first_major_faults_count",
		},
		Slow:      workloads.Values{"steady_count": 1_000_000, "prompt_tokens": 256},
		Allocates: "it loads a model",
	},
	"exec": {
		Params: workloads.Values{"command": "echo 42"},
		Cases: []workloads.Values{
			{"command": "echo {n}", "n": 7},
			{"command": "echo {n} | cat", "n": 7, "shell": true},
		},
		Refused: []workloads.Values{
			{"command": ""}, {"command": "echo {isl}"}, {"command": "echo {isl}", "shell": true}, {"command": "echo 'a"},
		},
		Slow:      workloads.Values{"command": "sleep 3600"},
		Extracts:  []workloads.Extract{{Metric: "answer_count", Regex: `(\d+)`}},
		Seeded:    []string{"answer_count"},
		Optional:  []string{"child_peak_rss_bytes"},
		Allocates: "it starts a process",
	},
	"fragmentation": {
		Params:  workloads.Values{"heap_bytes": 64 << 20, "age_count": 500, "window_count": 100},
		Refused: []workloads.Values{{"heap_bytes": 64<<20 + 1}, {"windows": 1000}},
		Slow:    workloads.Values{"age_count": 1_000_000_000},
		Seeded: []string{
			"iterations_count", "failed_count", "external_fragmentation_ratio", "internal_fragmentation_ratio",
			"largest_free_bytes", "free_blocks_count", "live_bytes",
		},
		Optional:  []string{"searched_count", "external_fragmentation_ratio", "largest_free_bytes", "free_blocks_count"},
		Allocates: "the allocator go is the runtime's heap",
	},
	"kvcache": {
		Params: workloads.Values{"model": "nano", "dtype": "fp32", "seq_len": 20, "budget_bytes": 1_000_000},
		Cases: []workloads.Values{
			{"model": "mistral-7b-v0.1", "seq_len": 5000, "block_tokens": 16, "lengths": "uniform", "concurrency": 3},
			{"mode": "measured", "model": "micro", "seq_len": 1, "concurrency": 2, "threads": 2},
		},
		Refused: []workloads.Values{
			{"mode": "measured", "model": "llama-3.1-8b"},
			{"mode": "measured", "seq_len": 257},
			{"mode": "measured", "dtype": "fp16"},
			{"mode": "measured", "block_tokens": 16},
			{"mode": "measured", "lengths": "uniform"},
			{"block_tokens": 1, "seq_len": 1_000_000, "concurrency": 1_000_000},
		},
		Seeded: []string{
			"token_bytes", "cache_bytes", "reserved_bytes", "predicted_bytes", "waste_ratio", "max_concurrency_count", "oom_ratio",
		},
		Allocates: "a decode step makes the headers of its results",
	},
	"linear": {
		Params: workloads.Values{"seq_len": 33, "dim": 48},
		Cases: []workloads.Values{
			{"batch": 3, "out_dim": 7, "threads": 2},
			{"batch": 1, "seq_len": 1, "dim": 1, "weight": "packed"},
		},
		Seeded:    []string{"memory_bytes", "work_flops"},
		Allocates: "the engine makes the header of the result",
	},
	"pipeline": {
		Params:    workloads.Values{"model": "nano", "prompt_tokens": 5, "new_tokens": 3},
		Untried:   []string{"model"},
		Refused:   []workloads.Values{{"prompt_tokens": 250, "new_tokens": 8}},
		Seeded:    []string{"memory_bytes", "work_flops", "moved_bytes", "spans_count"},
		Optional:  []string{"tpot_ms"},
		Allocates: "JSON is read and written, and each tensor has a header",
	},
	"precision": {
		Params: workloads.Values{"dim": 96, "outputs": 300, "probes": 20},
		Cases: []workloads.Values{
			{"dtype": "bf16", "threads": 2, "batch": 3, "dim": 67, "outputs": 130},
			{"dtype": "fp16", "dim": 1, "outputs": 1, "probes": 1},
			{"dtype": "int8", "threads": 2, "batch": 30, "dim": 67, "outputs": 130},
		},
		Seeded: []string{"memory_bytes", "weights_bytes", "moved_bytes", "work_flops",
			"max_abs_error", "relative_error", "cosine", "top1_agreement_ratio"},
		Dimensionless: []string{"max_abs_error", "relative_error", "cosine"},
	},
	"sleep": {
		Params: workloads.Values{"duration_ms": 0.2},
		Cases:  []workloads.Values{{"duration_ms": 0.0}},
		Slow:   workloads.Values{"duration_ms": 3_600_000.0},
	},
	"synthetic": {
		Cases: []workloads.Values{
			{"autocorrelation": 0.9, "drift_ratio": 0.1, "size": 4.0, "exponent": 2.0, "reported_bytes": 1024.0},
		},
		Refused: []workloads.Values{{"distribution": "bimodal", "shape": 1.5}, {"size": 0.0, "exponent": -1.0}},
		Seeded:  []string{"latency_ms", "memory_bytes"},
	},
	"spin": {
		Cases: []workloads.Values{{"duration_us": 0.0}, {"duration_us": 12_000.0}},
		Slow:  workloads.Values{"duration_us": 3.6e9},
	},
	"transformer": {
		Params:    workloads.Values{"model": "nano", "prompt_tokens": 12, "requests": 20, "rate_per_s": 2000.0},
		Untried:   []string{"model"},
		Refused:   []workloads.Values{{"prompt_tokens": 256}, {"phase": "decode", "arrivals": "poisson"}},
		Slow:      workloads.Values{"arrivals": "poisson", "rate_per_s": 0.001},
		Seeded:    []string{"cache_bytes"},
		Optional:  []string{"queue_ms", "service_ms", "batch_size_count", "lag_ms"},
		Allocates: "results have their headers on the heap",
	},
}

// It is not parallel: the suite counts goroutines and allocations.
func TestEveryWorkloadConforms(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // where workloads that write weights do so
	names := map[string]bool{}
	for _, w := range All() {
		names[w.Name] = true
		t.Run(w.Name, func(t *testing.T) {
			s := suites[w.Name]
			s.Workload = w
			workloadtest.Run(t, s)
		})
	}
	for name := range suites {
		if !names[name] {
			t.Errorf("the workload %q is not in the suite", name)
		}
	}
	if len(names) != len(All()) {
		t.Error("two workloads share a name")
	}
}

// Who reads the runs of many specs as one table finds one meaning, hence one
// type and one unit, under each name.
func TestNamesMeanTheSameEverywhere(t *testing.T) {
	t.Parallel()
	type column struct{ workload, kind, unit string }
	columns := map[string]column{}
	see := func(name string, c column) {
		first, seen := columns[name]
		if !seen {
			columns[name] = c
			return
		}
		if first.kind != c.kind || first.unit != c.unit {
			t.Errorf("%s is %s %q in %s, and %s %q in %s", name, first.kind, first.unit, first.workload, c.kind, c.unit, c.workload)
		}
	}
	for _, w := range All() {
		for _, p := range w.Params {
			kind := p.Kind
			if kind == workloads.Enum {
				kind = workloads.String
			}
			see(p.Name, column{w.Name, string(kind), p.Unit})
		}
		for _, m := range w.Metrics {
			see(m.Name, column{w.Name, "metric", ""})
		}
	}
}

// A condition that a workload gives as a cure cures: with it in where, a sweep
// over what is refused and what is not has no problem.
func TestWhereOfConflictsCures(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, w := range All() {
		for _, refused := range suites[w.Name].Refused {
			values := workloadtest.Values(w, refused)
			conflict, ok := errors.AsType[*workloads.Conflict](w.Check(values))
			if !ok || conflict.Where == "" {
				continue
			}
			tried++
			text := "version: 1\nname: t\nworkload: " + w.Name + "\nsweep:\n"
			for name, v := range refused {
				p, _ := w.Param(name)
				text += fmt.Sprintf("  %s: [%v, %v]\n", name, p.Default, v)
			}
			options := spec.Options{Workloads: All()}
			_, err := spec.Parse(t.Context(), "t.yaml", []byte(text), options)
			if err == nil || !strings.Contains(err.Error(), "add to where: "+conflict.Where) {
				t.Errorf("%s: %v\nwant the hint %q", text, err, conflict.Where)
			}
			text += "where: " + conflict.Where + "\n"
			if _, err := spec.Parse(t.Context(), "t.yaml", []byte(text), options); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	if tried < 3 {
		t.Errorf("only %d conditions were tried", tried)
	}
}
