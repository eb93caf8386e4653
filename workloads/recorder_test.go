package workloads

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// measured is a workload with two metrics of its own and one extracted.
func measured() (Workload, []Extract) {
	w := Workload{
		Name: "measured", Doc: "Measured.",
		Metrics: []Metric{{Name: "a_count", Doc: "a"}, {Name: "b_count", Doc: "b"}},
		Open:    func(context.Context, Env) (Instance, error) { return nil, nil },
	}
	return w, []Extract{{Metric: "c_count", Regex: "(c)"}}
}

func newRecorder(t *testing.T) *Recorder {
	t.Helper()
	m := NewMonitor()
	t.Cleanup(func() { m.Close() })
	w, extracts := measured()
	return NewRecorder(w, extracts, m)
}

// values are those of the only row by name.
func values(t *testing.T, r *Recorder) map[string]float64 {
	t.Helper()
	rows, err := r.Rows()
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v; want one", len(rows), err)
	}
	byName := map[string]float64{}
	for i, name := range r.Names() {
		byName[name] = rows[0].Values[i]
	}
	return byName
}

func TestSampleMetricsOrder(t *testing.T) {
	t.Parallel()
	var names []string
	for _, m := range SampleMetrics(measured()) {
		names = append(names, m.Name)
	}
	want := "latency_ms a_count b_count c_count ops_count cpu_ms context_switches_count preemptions_count " +
		"minor_faults_count major_faults_count steal_ms peak_rss_bytes wall_ms"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("columns are\n%s\nwant\n%s", got, want)
	}
}

func TestMeasureOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, checkMeasureOnce)
}

func checkMeasureOnce(t *testing.T) {
	r := newRecorder(t)
	time.Sleep(time.Second)
	began := time.Now().UnixMicro()
	calls := 0
	err := r.MeasureOnce(func() error {
		calls++
		time.Sleep(3 * time.Millisecond)
		return nil
	})
	if err != nil || calls != 1 {
		t.Fatalf("%d calls, %v", calls, err)
	}
	r.Set("b_count", 7)
	r.SetWall(5 * time.Millisecond)
	got := values(t, r)
	if got["latency_ms"] != 3 || got["ops_count"] != 1 || got["b_count"] != 7 || got["wall_ms"] != 5 {
		t.Errorf("%v", got)
	}
	if !math.IsNaN(got["a_count"]) || !math.IsNaN(got["c_count"]) {
		t.Errorf("metrics that were not set are %v and %v", got["a_count"], got["c_count"])
	}
	rows, _ := r.Rows()
	if at := rows[0].StartedAt; at != began {
		t.Errorf("began at %d, want %d", at, began)
	}
}

// What is too short for the clock is repeated, and the time divided. How often
// is found out once; neither a slow first call nor an interruption decides it.
func TestMeasureRepeatsWhatIsShort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		takes func(call int) time.Duration
		want  float64 // operations
		ms    float64 // of one
	}{
		{"no time at all", func(int) time.Duration { return 0 }, maxOps, 0},
		{"some ns", func(int) time.Duration { return 3 }, 4096, 3e-6},
		{"almost long enough", func(int) time.Duration { return minTimed - 1 }, 2, 0.009999},
		{"just long enough", func(int) time.Duration { return minTimed }, 1, 0.01},
		{"a slow first call", func(call int) time.Duration {
			if call == 1 {
				return 9 * time.Millisecond
			}
			return 100
		}, 128, 1e-4},
		{"an interruption", func(call int) time.Duration {
			if call == 20 {
				return 3 * time.Millisecond
			}
			return 100
		}, 128, 1e-4},
		{"long", func(int) time.Duration { return time.Second }, 1, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder(t)
				calls := 0
				op := func() error {
					calls++
					time.Sleep(c.takes(calls))
					return nil
				}
				for sample := range 3 {
					r.Reset()
					before := calls
					if err := r.Measure(op); err != nil {
						t.Fatal(err)
					}
					got := values(t, r)
					if got["ops_count"] != c.want || math.Abs(got["latency_ms"]-c.ms) > 1e-12 {
						t.Errorf("%v operations of %v ms, want %v of %v", got["ops_count"], got["latency_ms"], c.want, c.ms)
					}
					if sample > 0 && float64(calls-before) != c.want {
						t.Errorf("%d calls for %v operations", calls-before, c.want)
					}
				}
				if c.ms >= 1000 && calls != 4 {
					t.Errorf("%d calls for 3 samples: what is long is not tried more than once", calls)
				}
			})
		})
	}
}

func TestManyRows(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	for round := range 2 { // the second uses the memory of the first
		r.Reset()
		for i := range 5 {
			r.SetLatency(time.Duration(i) * time.Millisecond)
			if round == 0 {
				r.Set("a_count", float64(i))
			}
			r.Next()
		}
		r.SetWall(10 * time.Millisecond)
		rows, err := r.Rows()
		if err != nil || len(rows) != 5 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for i, row := range rows {
			wall := row.Values[len(row.Values)-1]
			if row.Values[0] != float64(i) || wall != 2 || math.IsNaN(row.Values[1]) != (round == 1) {
				t.Errorf("round %d, row %d: %v", round, i, row.Values)
			}
		}
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	row := Row{StartedAt: 5, Tainted: "steal", Values: make([]float64, len(r.Names()))}
	for i := range row.Values {
		row.Values[i] = float64(i)
	}
	for range 2 {
		if err := r.Append(row); err != nil {
			t.Fatal(err)
		}
	}
	clear(row.Values) // it was copied
	rows, err := r.Rows()
	if err != nil || len(rows) != 2 || rows[1].StartedAt != 5 || rows[1].Tainted != "steal" || rows[1].Values[3] != 3 {
		t.Errorf("%+v, %v", rows, err)
	}
	if err := r.Append(Row{Values: []float64{1}}); err == nil {
		t.Error("a row of the wrong length is taken")
	}
}

func TestMistakesOfAWorkload(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	if _, err := r.Rows(); err == nil || !strings.Contains(err.Error(), "recorded nothing") {
		t.Errorf("error %v, want that nothing was recorded", err)
	}
	for _, name := range []string{"d_count", "latency_ms", "cpu_ms", "wall_ms"} {
		r.Reset()
		r.SetLatency(1)
		r.Set(name, 1)
		if _, err := r.Rows(); err == nil || !strings.Contains(err.Error(), "does not declare") {
			t.Errorf("setting %s: error %v", name, err)
		}
	}
	bad := errors.New("bad")
	for _, measure := range []func(func() error) error{r.Measure, r.MeasureOnce} {
		r.Reset()
		if err := measure(func() error { return bad }); err != bad {
			t.Errorf("error %v, want that of the operation", err)
		}
	}
	r.Reset()
	r.SetLatency(1)
	if _, err := r.Rows(); err != nil {
		t.Errorf("a mistake outlives Reset: %v", err)
	}
}

// A steady sample allocates nothing, be it long or short. Not parallel: other
// tests would be counted.
func TestMeasuringAllocatesNothing(t *testing.T) {
	r := newRecorder(t)
	short := func() error { return nil }
	long := func() error {
		for begin := time.Now(); time.Since(begin) < 2*longSample; {
		}
		return nil
	}
	for name, op := range map[string]func() error{"short": short, "long": long} {
		if n := testing.AllocsPerRun(5, func() {
			r.Reset()
			if err := r.MeasureOnce(op); err != nil {
				t.Error(err)
			}
			r.Set("a_count", 1)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkMeasureOnce(b *testing.B) {
	m := NewMonitor()
	defer m.Close()
	w, extracts := measured()
	r := NewRecorder(w, extracts, m)
	nothing := func() error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		r.Reset()
		if err := r.MeasureOnce(nothing); err != nil {
			b.Fatal(err)
		}
	}
}
