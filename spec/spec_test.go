package spec

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"runx/workloads"
)

// model is the workload of these tests: every kind of parameter, required and
// not.
func model() workloads.Workload {
	return workloads.Workload{
		Name: "model",
		Doc:  "Model measures nothing.",
		Params: []workloads.Param{
			{Name: "algorithm", Kind: workloads.Enum, Enum: []string{"naive", "flash"}, Default: "naive", Doc: "how"},
			{Name: "seq_len", Kind: workloads.Int, Min: new(1.0), Max: new(1e6), Unit: "tokens", Doc: "length"},
			{Name: "batch", Kind: workloads.Int, Default: 1, Min: new(1.0), Doc: "requests"},
			{Name: "scale", Kind: workloads.Float, Default: 1.0, Doc: "factor"},
			{Name: "causal", Kind: workloads.Bool, Default: false, Doc: "masked"},
			{Name: "label", Kind: workloads.String, Default: "", Doc: "text"},
		},
		Metrics: []workloads.Metric{{Name: "memory_bytes", Better: workloads.Lower, Doc: "memory"}},
		Open:    open,
	}
}

// program is a workload with free parameters and extracts.
func program() workloads.Workload {
	return workloads.Workload{
		Name: "program", Doc: "Program runs nothing.", FreeParams: true, Extracts: true,
		Params: []workloads.Param{{Name: "command", Kind: workloads.String, Doc: "what to run"}},
		Command: func(v workloads.Values) ([]string, error) {
			var argv []string
			for _, word := range strings.Fields(v["command"].(string)) {
				if name, isParam := strings.CutPrefix(word, "$"); isParam {
					word = workloads.FormatValue(v[name])
				}
				argv = append(argv, word)
			}
			return argv, nil
		},
		Open: open,
	}
}

func open(context.Context, workloads.Env) (workloads.Instance, error) { return nil, nil }

// tiled is a workload with relations between its parameters.
func tiled() workloads.Workload {
	return workloads.Workload{
		Name: "tiled", Doc: "Tiled covers nothing.",
		Params: []workloads.Param{
			{Name: "dim", Kind: workloads.Int, Default: 64, Doc: "width"},
			{Name: "heads", Kind: workloads.Int, Default: 8, Min: new(1.0), Doc: "parts"},
			{Name: "seq_len", Kind: workloads.Int, Default: 1, Doc: "length"},
			{Name: "tile", Kind: workloads.Int, Default: 1, Doc: "part of the length"},
		},
		Check: func(v workloads.Values) error {
			dim, heads, seqLen, tile := v["dim"].(int), v["heads"].(int), v["seq_len"].(int), v["tile"].(int)
			switch {
			case dim%heads != 0:
				return &workloads.Conflict{
					Params:  []string{"dim", "heads"},
					Problem: fmt.Sprintf("dim %d is not a multiple of heads %d", dim, heads),
					Where:   "dim % heads == 0",
				}
			case tile > seqLen:
				return &workloads.Conflict{
					Params:  []string{"seq_len", "tile"},
					Problem: fmt.Sprintf("tile %d is longer than seq_len %d", tile, seqLen),
					Cure:    "compute tile: {expr: min(tile, seq_len)}",
				}
			case dim == 13:
				return errors.New("dim 13 brings bad luck")
			case dim == 17:
				return errors.New("dim 17 is taken\nhint: there are 16 and 18")
			}
			return nil
		},
		Open: open,
	}
}

// server is a workload whose repetitions yield many rows each.
func server() workloads.Workload {
	w := model()
	w.Name, w.ManyRows = "server", true
	return w
}

func options() Options {
	return Options{Workloads: []workloads.Workload{model(), program(), tiled(), server()}}
}

// head begins every spec of these tests.
const head = "version: 1\nname: t\nworkload: model\n"

// parse reads a valid spec.
func parse(t *testing.T, src string, change ...func(*Options)) *Spec {
	t.Helper()
	opts := options()
	for _, c := range change {
		c(&opts)
	}
	s, err := Parse(t.Context(), "t.yaml", []byte(src), opts)
	if err != nil {
		t.Fatalf("%s\n---\n%s", err, src)
	}
	return s
}

// points lists the points of a spec by the values of some parameters.
func points(t *testing.T, s *Spec, names ...string) []string {
	t.Helper()
	var all []string
	for p, err := range s.Points() {
		if err != nil {
			t.Fatal(err)
		}
		var values []string
		for _, name := range names {
			values = append(values, workloads.FormatValue(p.Params[name]))
		}
		all = append(all, strings.Join(values, " "))
	}
	return all
}

func TestDesign(t *testing.T) {
	s := parse(t, head+`
title: Sequence length
tags: [a, b-c]
params: {batch: 2, scale: {expr: "seq_len / 2"}}
sweep:
  algorithm: [naive, flash]
  seq_len: {pow2: [128, 1024]}
where: batch * seq_len <= 1024
measure:
  samples: {min: 10, max: 200}
  until: {metric: latency_ms, stat: p50, relative_ci: 0.02}
  budget: 20s
metrics:
  tokens_per_s: batch * seq_len / (latency_ms / 1e3)
summary:
  latency_ms: [mean, p50, p95]
claims:
  - name: c
    where: algorithm == "naive" && seq_len >= 256
    value: 'exponent(seq_len, latency_ms_p50 * 2) + pick("latency_ms_mean", {algorithm: "flash", seq_len: 512}) + max(latency_ms_p95)' 
    expect: value > 1.7 && value < 2.3
plots:
  - {x: seq_len, y: latency_ms_p50, color: algorithm, log: [x, y], fit: power, band: ci}
  - {kind: ecdf, x: latency_ms, color: seq_len}
`)
	t.Logf("%+v", s)
	t.Log(points(t, s, "algorithm", "seq_len", "scale"))
}
