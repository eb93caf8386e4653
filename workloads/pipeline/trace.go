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

// An event is complete (X), with a duration, or metadata (M). Times are in
// microseconds since the start of the request.
type event struct {
	Name      string         `json:"name"`
	Category  string         `json:"cat,omitempty"`
	Phase     string         `json:"ph"`
	Timestamp float64        `json:"ts"`
	Duration  *float64       `json:"dur,omitempty"`
	Process   int            `json:"pid"`
	Thread    int            `json:"tid"`
	Args      map[string]any `json:"args,omitempty"`
}

func metadata(kind, name string) event {
	return event{Name: kind, Phase: "M", Process: 1, Thread: 1, Args: map[string]any{"name": name}}
}

func complete(name, category string, start, end time.Duration, args map[string]any) event {
	return event{
		Name: name, Category: category, Phase: "X", Process: 1, Thread: 1, Args: args,
		Timestamp: microseconds(start), Duration: new(microseconds(end - start)),
	}
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// newTrace is the spans within their steps within the request, each event before
// those that it contains, as they began.
func newTrace(title string, l *timeline) trace {
	t := trace{Unit: "ms", Events: []event{
		metadata("process_name", "runx pipeline: "+title),
		metadata("thread_name", "request"),
		complete("request", "request", 0, l.ended, map[string]any{"spans_count": len(l.spans)}),
	}}
	ends := map[int]time.Duration{}
	for _, s := range l.spans {
		ends[s.step] = s.end
	}
	step := outside
	for _, s := range l.spans {
		if s.step != step && s.step != outside {
			name := "prefill"
			if s.step > 0 {
				name = fmt.Sprintf("decode %d", s.step)
			}
			t.Events = append(t.Events, complete(name, "step", s.start, ends[s.step], nil))
		}
		step = s.step
		var args map[string]any
		if s.layer != noLayer {
			args = map[string]any{"layer": s.layer}
		}
		t.Events = append(t.Events, complete(s.stage.String(), classNames[stages[s.stage].class], s.start, s.end, args))
	}
	return t
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
