package figure

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// labelsOf are the labels on an axis of so many pixels across, a minor tick
// being a dot.
func labelsOf(a *axis, length float64) string {
	var labels []string
	for _, t := range a.ticks(length, widthOfLabel) {
		if t.label == "" {
			t.label = "."
		}
		labels = append(labels, t.label)
	}
	return strings.Join(labels, " ")
}

func axisWith(a axis, values ...float64) *axis {
	for _, v := range values {
		a.include(v)
	}
	a.settle()
	return &a
}

func TestTicks(t *testing.T) {
	t.Parallel()
	powers := []float64{128, 256, 512, 1024, 2048, 4096}
	large := []float64{1024, 16384, 131072}
	for name, c := range map[string]struct {
		axis   *axis
		length float64
		want   string
	}{
		"powers of two":          {axisWith(axis{log: true, values: powers}, powers...), 600, "128 256 512 1024 2048 4096"},
		"in little room":         {axisWith(axis{log: true, values: powers}, powers...), 150, "256 1024 4096"},
		"large powers of two":    {axisWith(axis{log: true, values: large}, large...), 400, "1Ki 16Ki 128Ki"},
		"values of a parameter":  {axisWith(axis{values: []float64{1, 2, 4, 8}}, 1, 8), 400, "1 2 4 8"},
		"too close":              {axisWith(axis{values: []float64{0.5, 0.8, 1, 2}}, 0.5, 2), 90, "0 1 2"},
		"decades":                {axisWith(axis{log: true}, 1, 1e6), 500, ". . . . 1 . . . . . . . . 10 . . . . . . . . 100 . . . . . . . . 1000 . . . . . . . . 10000 . . . . . . . . 100000 . . . . . . . . 1e6"},
		"a decade":               {axisWith(axis{log: true}, 1.5, 20), 300, "2 . . 5 . . . . 10 20"},
		"less than a decade":     {axisWith(axis{log: true}, 20, 60), 400, "20 30 40 50 60"},
		"many decades":           {axisWith(axis{log: true}, 1e-20, 1e20), 200, "1e-18 1e-9 1 1e9 1e18"},
		"round numbers":          {axisWith(axis{}, 0, 97), 400, "0 20 40 60 80 100"},
		"below zero":             {axisWith(axis{}, -0.3, 0.2), 400, "-0.3 -0.2 -0.1 0.0 0.1 0.2"},
		"whole numbers":          {axisWith(axis{whole: true}, 0, 3), 600, "0 1 2 3"},
		"milliseconds":           {axisWith(axis{unit: "ms"}, 0, 0.9), 300, "0 200 400 600 800"},
		"times far apart":        {axisWith(axis{unit: "ms", log: true}, 0.01, 3000), 600, ". . . 10 µs . . . . . . . . 100 µs . . . . . . . . 1 ms . . . . . . . . 10 ms . . . . . . . . 100 ms . . . . . . . . 1 s . . ."},
		"bytes far apart":        {axisWith(axis{unit: "bytes", log: true}, 1<<10, 1<<34), 400, "4 KiB 64 KiB 1 MiB 16 MiB 256 MiB 4 GiB"},
		"categories":             {&axis{categories: []string{"a", "b"}}, 100, "a b"},
		"one value":              {axisWith(axis{}, 5), 300, "4.6 4.8 5.0 5.2 5.4"},
		"one value on log":       {axisWith(axis{log: true}, 5), 300, "4 5 6 7"},
		"nothing":                {axisWith(axis{}), 300, "0.0 0.2 0.4 0.6 0.8 1.0"},
		"nothing above 0 on log": {axisWith(axis{log: true}, -1, 0, math.NaN(), math.Inf(1)), 300, "1 2 . . 5 . . . . 10"},
		"huge":                   {axisWith(axis{}, 0, 3e280), 300, "0 1e280 2e280 3e280"},
		"tiny":                   {axisWith(axis{}, 0, 3e-280), 300, "0 1e-280 2e-280 3e-280"},
	} {
		if got := labelsOf(c.axis, c.length); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Whatever the values, the labels of an axis have room, are in order and on it,
// and there is one at least.
func TestTicksProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := axis{
			log:    rapid.Bool().Draw(t, "log"),
			unit:   rapid.SampledFrom([]string{"", "ms", "bytes", "1/s", "count"}).Draw(t, "unit"),
			whole:  rapid.Bool().Draw(t, "whole"),
			across: rapid.Bool().Draw(t, "across"),
		}
		values := rapid.SliceOfN(rapid.Float64(), 0, 5).Draw(t, "values")
		if rapid.Bool().Draw(t, "param") {
			a.values = values
		}
		for _, v := range values {
			a.include(v)
		}
		a.settle()
		length := rapid.Float64Range(60, 700).Draw(t, "length")
		ticks := a.ticks(length, widthOfLabel)
		if !a.fit(ticks, length, widthOfLabel) {
			t.Fatalf("labels touch: %v", ticks)
		}
		if len(ticks) > 120 {
			t.Fatalf("%d ticks", len(ticks))
		}
		before := math.Inf(-1)
		for _, k := range ticks {
			at := a.fraction(k.value)
			if !(at >= -1e-6 && at <= 1+1e-6) || at < before {
				t.Fatalf("tick %v is at %v, after %v", k, at, before)
			}
			before = at
		}
	})
}

func TestAxisName(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]*axis{
		"latency p50 (µs)":    axisWith(axis{columns: []string{"latency_ms_p50"}, unit: "ms"}, 0.2, 0.9),
		"memory max (MiB)":    axisWith(axis{columns: []string{"memory_bytes_max"}, unit: "bytes"}, 1<<21, 1<<23),
		"memory max":          axisWith(axis{columns: []string{"memory_bytes_max"}, unit: "bytes", log: true}, 1<<10, 1<<33),
		"tokens p50 (k/s)":    axisWith(axis{columns: []string{"tokens_per_s_p50"}, unit: "1/s"}, 1000, 9000),
		"seq len (tokens)":    axisWith(axis{columns: []string{"seq_len"}, unit: "tokens"}, 1, 2),
		"clients":             axisWith(axis{columns: []string{"clients"}, unit: "clients"}, 1, 2),
		"waste ratio mean":    axisWith(axis{columns: []string{"waste_ratio_mean"}, unit: "ratio"}, 0, 1),
		"faults p99, retries": axisWith(axis{columns: []string{"faults_count_p99", "retries_count"}, unit: "count"}, 0, 1),
		"latency (ms)":        axisWith(axis{columns: []string{"latency_ms_p50"}, title: "latency", unit: "ms"}, 20, 90),
	} {
		if got := a.name(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The middle of a logarithmic axis is the geometric mean of its ends.
func TestFraction(t *testing.T) {
	t.Parallel()
	a := &axis{log: true, lo: 1, hi: 100}
	if got := a.fraction(10); math.Abs(got-0.5) > 1e-15 {
		t.Errorf("10 of 1 to 100 is at %v", got)
	}
	if got := a.fraction(0); !math.IsNaN(got) {
		t.Errorf("0 is at %v", got)
	}
	a = &axis{lo: -1, hi: 3}
	if got := a.fraction(0); got != 0.25 {
		t.Errorf("0 of -1 to 3 is at %v", got)
	}
}
