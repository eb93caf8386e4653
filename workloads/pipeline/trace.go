package pipeline

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A trace is a file of the Trace Event Format, which Perfetto and Chrome open.
type trace struct {
	Events []event `json:"traceEvents"`
	Unit   string  `json:"displayTimeUnit"`
}

// An event begins a span (B), ends the innermost one (E), or is metadata (M). An
// end repeats what the beginning says, since some viewers want to see it again.
// Times are in microseconds since the start of the request. Complete events (X)
// would need half as many, but say where they end as a sum of two decimals: its
// rounding lets a span end after the one that it is in, and viewers then nest
// what follows in the wrong one.
type event struct {
	Name      string         `json:"name"`
	Category  string         `json:"cat,omitempty"`
	Phase     string         `json:"ph"`
	Timestamp float64        `json:"ts"`
	Process   int            `json:"pid"`
	Thread    int            `json:"tid"`
	Args      map[string]any `json:"args,omitempty"`
}

func metadata(kind, name string) event {
	return event{Name: kind, Phase: "M", Process: 1, Thread: 1, Args: map[string]any{"name": name}}
}

// begin adds the beginning of a span, which end ends.
func (t *trace) begin(name, category string, at time.Duration, args map[string]any) event {
	e := event{Name: name, Category: category, Phase: "B", Timestamp: microseconds(at), Process: 1, Thread: 1, Args: args}
	t.Events = append(t.Events, e)
	return e
}

func (t *trace) end(e event, at time.Duration) {
	e.Phase, e.Timestamp = "E", microseconds(at)
	t.Events = append(t.Events, e)
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// newTrace is the spans within their steps within the request.
func newTrace(title string, l *timeline) trace {
	t := trace{Unit: "ms", Events: []event{
		metadata("process_name", "runx pipeline: "+title),
		metadata("thread_name", "request"),
	}}
	whole := t.begin("request", "request", 0, map[string]any{"spans_count": len(l.spans)})
	var step event
	for n, s := range l.spans {
		if s.step != outside && (n == 0 || l.spans[n-1].step != s.step) {
			step = t.begin(stepName(s.step), "step", s.start, nil)
		}
		var args map[string]any
		if s.layer != noLayer {
			args = map[string]any{"layer": s.layer}
		}
		span := t.begin(s.stage.String(), classNames[stages[s.stage].class], s.start, args)
		t.end(span, s.end)
		if s.step != outside && (n == len(l.spans)-1 || l.spans[n+1].step != s.step) {
			t.end(step, s.end)
		}
	}
	t.end(whole, l.ended)
	return t
}

func stepName(step int) string {
	if step == 0 {
		return "prefill"
	}
	return fmt.Sprintf("decode %d", step)
}

// writeTrace writes trace.json, in one go: who looks finds a whole one or the
// one before.
func writeTrace(dir, title string, l *timeline) error {
	data, err := json.Marshal(newTrace(title, l))
	if err != nil {
		return fmt.Errorf("make a trace: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write a trace: %w", err)
	}
	path := filepath.Join(dir, "trace.json")
	if err := os.WriteFile(path+".part", data, 0o644); err != nil {
		return fmt.Errorf("write a trace: %w", err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("write a trace: %w", err)
	}
	return nil
}
