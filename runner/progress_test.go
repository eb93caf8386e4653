package runner

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// A witness keeps what it was told.
type witness struct {
	told   []Progress
	opened []Progress
	look   func(*Progress)
	busy   *bool // a sample is being taken
	during int   // calls while it was
}

func (w *witness) Sampled(p Progress) {
	if w.busy != nil && *w.busy {
		w.during++
	}
	if w.look != nil {
		w.look(&p)
	}
	w.told = append(w.told, p)
}

func (w *witness) Opening(p Progress) { w.opened = append(w.opened, p) }

// An opening is told of before it begins, with its point, and when it is over,
// well or not.
func TestObserverIsToldOfOpening(t *testing.T) {
	t.Parallel()
	l, w := &laboratory{}, &witness{}
	began := -1
	l.opened = func(workloads.Env) error {
		began = len(w.opened)
		return nil
	}
	s := parse(t, l, "params: {how: open_fails, x: 3}", "measure: {samples: 2}")
	measure(t, s, &memory{}, Options{Observer: w})
	if began != 1 || len(w.opened) != 2 || !w.opened[0].Opening || w.opened[1].Opening || w.opened[0].Point.Params["x"] != 3 {
		t.Errorf("opened after being told %d times; told %+v", began, w.opened)
	}
}

func TestObserverIsToldBetweenSamples(t *testing.T) {
	t.Parallel()
	busy := false
	l := &laboratory{pause: time.Millisecond}
	l.sampled = func(int) { busy = true }
	l.fail = func(int, int) error { busy = false; return nil }
	w := &witness{busy: &busy}
	s := parse(t, l, "sweep: {x: [1, 2]}", "measure: {samples: 3, order: interleaved}")
	measure(t, s, &memory{}, Options{Observer: w})
	if len(w.told) != 6 || w.during != 0 {
		t.Fatalf("told %d times, %d of them during a sample", len(w.told), w.during)
	}
	for i, p := range w.told {
		if p.Samples != int64(i+1) || p.Points != 2 || p.Round != i/2 || p.Rep != i/2+1 || p.Status != results.OK || p.Point.Params["x"] == nil {
			t.Errorf("after sample %d: %+v", i, p)
		}
	}
	if last := w.told[5]; last.PointsDone != 2 {
		t.Errorf("at the end: %+v", last)
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	w := &witness{}
	var last Estimate
	known := 0
	w.look = func(p *Progress) {
		if e, ok := p.Estimate(); ok {
			last = e
			known++
		}
	}
	l := &laboratory{value: func(_, sample int) float64 { return float64(sample + 1) }}
	measure(t, parse(t, l, "measure: {warmup: 0, samples: 10}"), &memory{}, Options{Observer: w})
	want := Estimate{Metric: "latency_ms", Stat: "p50", Value: 5.5, Samples: 10}
	want.Interval.Lo, want.Interval.Hi = 2, 9 // ranks of ten samples: Conover 1999, 3.2
	if last != want || known != 10 {
		t.Errorf("%+v, told %d times, want %+v", last, known, want)
	}
	if got := last.Spread(); math.Abs(got-3.5/5.5) > 1e-12 {
		t.Errorf("spread %v", got)
	}
}

// The rows of a repetition are one value: neither do they make the estimate
// surer, nor do they follow each other.
func TestRowsAreNoRepetitions(t *testing.T) {
	t.Parallel()
	w := &witness{}
	var last Estimate
	w.look = func(p *Progress) { last, _ = p.Estimate() }
	l := &laboratory{rows: 50, value: func(_, sample int) float64 { return float64(sample*7919%101 + 1) }}
	out := measure(t, parse(t, l, "measure: {warmup: 0, samples: 30}"), &memory{}, Options{Observer: w})
	if told := w.told[29]; told.Samples != 30 || told.Rows != 1500 || last.Samples != 30 {
		t.Errorf("told of %d repetitions and %d rows, the estimate is %+v", told.Samples, told.Rows, last)
	}
	if hasWarning(out, "follow the ones before") || !hasWarning(out, "the median latency is known to ±10% or worse") {
		t.Errorf("warnings %v", out.Warnings)
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	second := time.Second
	base := spec.Measure{Samples: spec.Samples{Min: 10, Max: 100}}
	for _, c := range []struct {
		name    string
		points  []point
		until   bool
		budget  time.Duration
		samples int64
		eta     time.Duration
	}{
		{"nothing known", []point{{}, {}}, false, 0, 200, -1},
		{"half of one", []point{{reps: 50, spent: 50 * second}}, false, 0, 100, 50 * second},
		{"each at its own cost", []point{{reps: 50, spent: 50 * second}, {reps: 50, spent: 100 * second}}, false, 0, 200, 150 * second},
		{"one not begun costs what the others do", []point{{reps: 50, spent: 50 * second}, {reps: 50, spent: 150 * second}, {}}, false, 0, 300, (50 + 150 + 200) * second},
		{"as many as those that ended", []point{{reps: 20, spent: 20 * second, phase: finished}, {reps: 10, spent: 10 * second}}, true, 0, 40, 10 * second},
		{"past those that ended", []point{{reps: 20, spent: 20 * second, phase: finished}, {reps: 30, spent: 30 * second}}, true, 0, 59, 9 * second},
		{"the budget ends it", []point{{reps: 20, spent: 20 * second}}, false, 30 * second, 30, 10 * second},
		{"the smallest number is taken nevertheless", []point{{reps: 5, spent: 20 * second}}, false, 21 * second, 10, 20 * second},
		{"all done", []point{{reps: 100, spent: second, phase: finished}, {phase: skipped}}, false, 0, 100, 0},
	} {
		s := &spec.Spec{Measure: base}
		s.Measure.Budget = c.budget
		if c.until {
			s.Measure.Until = &spec.Until{}
		}
		e := &engine{spec: s, points: c.points}
		samples, eta := e.forecast()
		if samples != c.samples || (eta-c.eta).Abs() > time.Millisecond {
			t.Errorf("%s: %d samples, %v, want %d, %v", c.name, samples, eta, c.samples, c.eta)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	slow := func(_, sample int) float64 {
		if sample == 0 {
			return 40
		}
		return 10 + float64(sample%7)/10
	}
	walk := func(_, sample int) float64 { return 10 + float64(sample/20) }
	for _, c := range []struct {
		name   string
		value  func(x, sample int) float64
		lines  []string
		want   string
		cure   string
		absent bool
	}{
		{"first sample", slow, []string{"measure: {warmup: 0, samples: 30}"}, "the first sample was the slowest by far at 1 point", "warmup (now 0)", false},
		{"no first sample", func(_, n int) float64 { return 10 + float64(n%7) }, []string{"measure: {warmup: 0, samples: 30}"}, "the first sample", "", true},
		{"correlation", walk, []string{"sweep: {x: [1, 2]}", "measure: {samples: 100, order: sequential}"}, "samples follow the ones before them at 2 points (worst: x=1: 100 samples are worth", "order: interleaved, which", false},
		{"correlation at one point", walk, []string{"measure: {samples: 100, order: sequential}"}, "samples follow the ones before them at 1 point (100 samples are worth", "raise measure.samples", false},
		{"no correlation", func(_, n int) float64 { return 10 + float64(n*7919%101) }, []string{"measure: {samples: 100}"}, "samples follow", "", true},
		{"wide", func(_, n int) float64 { return 1 + float64(n*7919%101) }, []string{"measure: {samples: 20}"}, "the median latency is known to ±10% or worse at 1 point", "measure.until", false},
		{"wide where nobody asks", func(_, n int) float64 { return 1 + float64(n*7919%101) }, []string{
			"sweep: {x: [1, 2]}", "measure: {samples: 20}",
			"claims: [{name: c, where: x > 2 - 1, value: max(latency_ms_p50), expect: value > 0}]",
		}, "±10% or worse at 1 point (x=2: ", "measure.until", false},
		{"wide and nobody asks", func(_, n int) float64 { return 1 + float64(n*7919%101) }, []string{
			"measure: {samples: 20}", "claims: [{name: c, value: max(pid_mean), expect: value > 0}]",
		}, "the median latency", "", true},
		{"narrow", func(_, n int) float64 { return 100 + float64(n*7919%7) }, []string{"measure: {samples: 20}"}, "the median latency", "", true},
		{"inherited peak", nil, []string{"sweep: {x: [1, 2]}", "metrics: {peak_gib: peak_rss_bytes / 1073741824}", "measure: {samples: 2}"}, "peak_rss_bytes is that of one process", "isolate: point", false},
		{"peak nobody asks for", nil, []string{"sweep: {x: [1, 2]}", "measure: {samples: 2}"}, "peak_rss_bytes", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := measure(t, parse(t, &laboratory{value: c.value}, c.lines...), &memory{}, self(t))
			i := slices.IndexFunc(out.Warnings, func(w results.Warning) bool { return strings.Contains(w.Message, c.want) })
			if (i < 0) != c.absent {
				t.Fatalf("warnings %v", out.Warnings)
			}
			if i >= 0 && !strings.Contains(out.Warnings[i].Cure, c.cure) {
				t.Errorf("the cure is %q", out.Warnings[i].Cure)
			}
		})
	}
}

// Warnings that come from single rows.
func TestWarningsOfRows(t *testing.T) {
	t.Parallel()
	s := parse(t, &laboratory{}, "measure: {samples: 100}")
	e, err := newEngine(t.Context(), s, &memory{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	e.seen.load = 0
	values := make([]float64, len(e.watch.names))
	values[e.seen.latency], values[e.seen.ops] = 4e-5, 10 // 40 ns, ten times: 0.4 µs
	for i := range 100 {
		row := results.Sample{Status: results.OK, Values: values}
		if i < 20 {
			row.Tainted = "steal"
		}
		e.count(&row)
	}
	warnings := e.warnings()
	if len(warnings) != 2 || !strings.Contains(warnings[0].Message, "100% of 100 samples timed less than 1 µs") ||
		!strings.Contains(warnings[1].Message, "20% of 100 samples met interference") {
		t.Errorf("warnings %v", warnings)
	}
	e.seen.load = 3
	if got := e.warnings(); len(got) != 3 || !strings.Contains(got[2].Message, "load average") {
		t.Errorf("warnings %v", got)
	}
}

func TestObserverIsToldOfFailures(t *testing.T) {
	t.Parallel()
	w := &witness{}
	s := parse(t, &laboratory{}, "params: {how: fails}", "measure: {samples: 2, retries: 1, on_error: continue}")
	measure(t, s, &memory{}, Options{Observer: w})
	if len(w.told) != 2 || w.told[0].FailedSamples != 2 || w.told[1].FailedSamples != 4 {
		t.Errorf("told %+v, want 2 and 4 failed attempts", w.told)
	}
}
