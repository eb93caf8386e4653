package workloads

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
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
	r := newRecorder(t)
	before := time.Now().UnixMicro()
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
	if got["latency_ms"] < 3 || got["ops_count"] != 1 || got["b_count"] != 7 || got["wall_ms"] != 5 {
		t.Errorf("%v", got)
	}
	if !math.IsNaN(got["a_count"]) || !math.IsNaN(got["c_count"]) {
		t.Errorf("metrics that were not set are %v and %v", got["a_count"], got["c_count"])
	}
	rows, _ := r.Rows()
	if at := rows[0].StartedAt; at < before || at > before+int64(time.Minute/time.Microsecond) {
		t.Errorf("began at %d, the test at %d", at, before)
	}
}

// What is too short for the clock is repeated, and the time divided.
func TestMeasureRepeatsWhatIsShort(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	calls := 0.0
	op := func() error { calls++; return nil }
	var ops float64
	for range 3 {
		r.Reset()
		calls = 0
		if err := r.Measure(op); err != nil {
			t.Fatal(err)
		}
		got := values(t, r)
		if ops != 0 && (got["ops_count"] != ops || calls != ops) {
			t.Errorf("%v operations counted and %v made, after %v before", got["ops_count"], calls, ops)
		}
		ops = got["ops_count"]
		if ops < 64 || got["latency_ms"] > 0.001 {
			t.Errorf("%v operations of %v ms, want many of some nanoseconds", ops, got["latency_ms"])
		}
	}
}

func TestMeasureDoesNotRepeatWhatIsLong(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	if err := r.Measure(func() error { time.Sleep(time.Millisecond); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := values(t, r); got["ops_count"] != 1 || got["latency_ms"] < 1 {
		t.Errorf("%v operations of %v ms, want one of 1 ms or more", got["ops_count"], got["latency_ms"])
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
