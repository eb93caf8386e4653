package report

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"runx/workloads"
)

func TestScaleChoosesTheUnitOfTheMiddle(t *testing.T) {
	t.Parallel()
	tests := []struct {
		unit   string
		values []float64
		want   string
		cells  []string
	}{
		{"ms", []float64{0.0521}, "µs", []string{"52.10"}},
		{"ms", []float64{0.05, 400}, "ms", []string{"0.05000", "400"}},
		{"ms", []float64{1500, 2500}, "s", []string{"1.500", "2.500"}},
		{"ms", []float64{1000}, "s", []string{"1"}},
		{"us", []float64{0.25}, "ns", []string{"250"}},
		{"bytes", []float64{1 << 20, 3 << 20}, "MiB", []string{"1", "3"}},
		{"bytes", []float64{0}, "B", []string{"0"}},
		{"1/s", []float64{1234567}, "M/s", []string{"1.235"}},
		{"flops", []float64{34e9}, "GFLOP", []string{"34"}},
		{"ratio", []float64{0.12345}, "", []string{"0.1235"}},
		{"ratio", []float64{0.000020004, 0.99999, 0.099999}, "", []string{"2.000e-05", "1.000", "0.1000"}},
		{"", []float64{12345.678}, "", []string{"12346"}},
		{"ms", []float64{math.NaN()}, "ms", []string{"-"}},
		{"ms", []float64{0, math.Inf(1), 3}, "ms", []string{"0", "+Inf", "3"}},
	}
	for _, tt := range tests {
		s := ScaleFor(tt.unit, tt.values)
		if s.Unit != tt.want {
			t.Errorf("ScaleFor(%q, %v) is in %q, want %q", tt.unit, tt.values, s.Unit, tt.want)
		}
		for i, want := range tt.cells {
			if got := s.Format(tt.values[i]); got != want {
				t.Errorf("%v %s in %s is %q, want %q", tt.values[i], tt.unit, s.Unit, got, want)
			}
		}
	}
}

func TestIntervalStandsBesideTheEstimate(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	tests := []struct {
		v, lo, hi float64
		want      string
	}{
		{12.3456, 12.1, 12.6, "12.35 ms [12.10, 12.60]"},
		{12.3456, nan, nan, "12.35 ms"},
		{5, 5, 5, "5 ms [5, 5]"},
		{0.0123, 0.0120, 0.0125, "12.30 µs [12.00, 12.50]"},
	}
	for _, tt := range tests {
		if got := QuantityInterval("latency_ms", tt.v, tt.lo, tt.hi); got != tt.want {
			t.Errorf("QuantityInterval(%v, %v, %v) = %q, want %q", tt.v, tt.lo, tt.hi, got, tt.want)
		}
	}
	if got := QuantityInterval("tokens_per_s", 12, nan, nan); got != "12/s" {
		t.Errorf("a rate is %q, want 12/s", got)
	}
}

// What is shown is what is stored, to the digits that are shown.
func TestFormatKeepsTheValue(t *testing.T) {
	t.Parallel()
	sizes := map[string]float64{
		"ns": 1e-6, "µs": 1e-3, "ms": 1, "s": 1e3,
		"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	}
	rapid.Check(t, func(t *rapid.T) {
		metric := rapid.SampledFrom([]string{"latency_ms", "memory_bytes"}).Draw(t, "metric")
		v := math.Pow(10, rapid.Float64Range(-4, 8).Draw(t, "exponent"))
		s := ScaleFor(workloads.UnitOf(metric), []float64{v})
		shown, err := strconv.ParseFloat(s.Format(v), 64)
		if err != nil {
			t.Fatal(err)
		}
		if back := shown * sizes[s.Unit]; math.Abs(back-v) > 1e-3*v+1e-9 {
			t.Fatalf("%v of %s is shown as %v %s", v, metric, shown, s.Unit)
		}
	})
}

func TestDurationAndCount(t *testing.T) {
	t.Parallel()
	durations := map[time.Duration]string{
		-1:                             "unknown",
		0:                              "0 ms",
		250 * time.Millisecond:         "250 ms",
		1500 * time.Millisecond:        "1.5 s",
		59600 * time.Millisecond:       "1 min",
		61 * time.Second:               "1 min 1 s",
		2*time.Hour + 5*time.Minute:    "2 h 5 min",
		24*time.Hour + 30*time.Second:  "1 d",
		50*time.Hour + 59*time.Minute:  "2 d 2 h",
		119*time.Second + 499999999*1:  "1 min 59 s",
		10*time.Second + 400*1_000_000: "10 s",
	}
	for d, want := range durations {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%d) = %q, want %q", d, got, want)
		}
	}
	counts := map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 1e9: "1,000,000,000", -999: "-999"}
	for n, want := range counts {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestBaseNameLosesOnlyTheUnit(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"latency_ms": "latency", "tokens_per_s": "tokens", "memory_bytes": "memory",
		"slo_ratio": "slo_ratio", "work_flops": "work_flops", "answer": "answer", "late_us": "late",
	} {
		if got := BaseName(name); got != want {
			t.Errorf("BaseName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestPrintableDisarms(t *testing.T) {
	t.Parallel()
	if got := Printable("a\x1b[2Jb\nc\x00"); got != "a�[2Jb c�" {
		t.Errorf("got %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Printable(rapid.String().Draw(t, "text"))
		if strings.ContainsAny(s, "\x1b\n\r\t\a\b") {
			t.Fatalf("%q still moves the cursor", s)
		}
	})
}
