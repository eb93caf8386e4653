package spec

import (
	"math"
	"slices"
	"testing"
)

func TestMetricEval(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	tests := []struct {
		expr    string
		latency float64
		want    float64
	}{
		{"batch * seq_len / (latency_ms / 1e3)", 0.5, 32000},
		{"7 / 2", 1, 3.5},
		{"7 % 4", 1, 3},
		{"2 ** 3 + pow(2, 0.5) * pow(2, 0.5)", 1, 10},
		{"log2(8) + log10(1000) + log(exp(2)) + sqrt(16)", 1, 12},
		{"latency_ms > 1 ? 1 : 0", 2, 1},
		{"latency_ms > 1 ? 1 : 0", nan, nan}, // missing in, missing out
		{"batch > 1 ? 5 : latency_ms", nan, nan},
		{"batch > 1 ? (seq_len > 9 ? 0.5 : 3) : 0", 1, 3},
		{"seq_len / (batch - 2)", 1, math.Inf(1)},
		{"max(batch, 2.5, latency_ms)", 9, 9},
		{"max(batch, 1) + min(seq_len, 3)", 1, 5},
		{"mean([1, 2, 6]) + median([1, 2, 9]) + max([1, 2])", 1, 7},
		{"sum(map(1..batch, # * 2))", 1, 6},
		{"abs(-batch) + ceil(1.2) + floor(1.8) + round(2.5)", 1, 8},
		{"algorithm == 'naive' and label in ['a', 'b'] ? 1 : 2", 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.expr, func(t *testing.T) {
			t.Parallel()
			s := parse(t, head+"sweep: {seq_len: [8]}\nmetrics:\n  a: >-\n    "+tt.expr+"\n")
			env := map[string]any{
				"batch": 2, "seq_len": 8, "algorithm": "naive", "label": "a", "causal": true, "scale": 1.0, "latency_ms": tt.latency,
			}
			got, err := s.Metrics[0].Eval(env)
			if err != nil || got != tt.want && !(math.IsNaN(got) && math.IsNaN(tt.want)) {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestMetricEvalFails(t *testing.T) {
	t.Parallel()
	s := parse(t, head+"sweep: {seq_len: [8]}\nmetrics: {a: seq_len % batch, b: \"max(filter([1], # > batch))\"}\n")
	for i := range s.Metrics {
		if v, err := s.Metrics[i].Eval(map[string]any{"seq_len": 8, "batch": 0 + 5*i}); err == nil || !math.IsNaN(v) {
			t.Errorf("%s: got %v, %v, want an error", s.Metrics[i].Expr, v, err)
		}
	}
}

// TestSampleMetrics holds the order of the columns.
func TestSampleMetrics(t *testing.T) {
	t.Parallel()
	s := parse(t, "version: 1\nname: t\nworkload: program\nparams: {command: x}\nextract: {a: {json: a}}\nmetrics: {c: a + 1, b: c + latency_ms}\n")
	var got []string
	for _, m := range s.SampleMetrics() {
		got = append(got, m.Name)
	}
	want := []string{
		"latency_ms", "a", "c", "b", "ops_count", "cpu_ms", "context_switches_count", "preemptions_count",
		"minor_faults_count", "major_faults_count", "steal_ms", "peak_rss_bytes", "wall_ms",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if uses := s.Metrics[1].Uses; !slices.Equal(uses, []string{"c", "latency_ms"}) {
		t.Errorf("b uses %q", uses)
	}
}

func TestStat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		stat Stat
		q    float64
		ok   bool
		need int // samples
	}{
		{"p50", 0.5, true, 2}, {"p5", 0.05, true, 20}, {"p05", 0.05, true, 20}, {"p95", 0.95, true, 20}, {"p99", 0.99, true, 100},
		{"p999", 0.999, true, 1000}, {"p9999", 0.9999, true, 10000}, {"p1", 0.01, true, 100}, {"p90", 0.9, true, 10},
		{"p0", 0, false, 0}, {"p", 0, false, 0}, {"p-5", 0, false, 0}, {"mean", 0, false, 0}, {"p9999999", 0, false, 0}, {"p00", 0, false, 0},
		{"p100", 0, false, 0}, {"p990", 0, false, 0}, {"p001", 0.001, true, 1000}, {"p10", 0.1, true, 10},
	}
	for _, tt := range tests {
		q, ok := tt.stat.Quantile()
		if ok != tt.ok || math.Abs(q-tt.q) > 1e-12 {
			t.Errorf("%s: got %v %t, want %v %t", tt.stat, q, ok, tt.q, tt.ok)
		}
		if !tt.stat.Supported(tt.need) || tt.ok && tt.stat.Supported(tt.need-1) {
			t.Errorf("%s: want %d samples to be the fewest", tt.stat, tt.need)
		}
	}
}
