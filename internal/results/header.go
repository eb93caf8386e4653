package results

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"runx/spec"
	"runx/workloads"
)

// Format is the version of the journal and of the tables.
const Format = 1

// A Header is the first line of a journal: all that is needed to read the
// rest, and to read the spec without the workload at hand.
type Header struct {
	Format     int    `json:"runx"`
	RunID      string `json:"run_id"`
	Spec       string `json:"spec"`
	Title      string `json:"title,omitempty"`
	SpecSHA256 string `json:"spec_sha256"`
	// Quick is a smoke test: see [spec.Spec].
	Quick bool `json:"quick,omitempty"`
	// CreatedAt is in microseconds since 1970 UTC.
	CreatedAt int64    `json:"created_at_us"`
	Command   []string `json:"command,omitempty"`
	// Workload is the description that the spec was checked against.
	Workload workloads.Workload `json:"workload"`
	// Params are the parameters of a point in order.
	Params []ParamColumn `json:"params"`
	// Metrics are the values of a sample in order.
	Metrics     []string          `json:"metrics"`
	Environment Environment       `json:"environment"`
	Legend      map[string]string `json:"legend"`
}

// A ParamColumn is the name and the kind of a parameter.
type ParamColumn struct {
	Name string         `json:"name"`
	Kind workloads.Kind `json:"kind"`
}

func newHeader(s *spec.Spec, runID string, command []string, now time.Time) *Header {
	return &Header{
		Format:      Format,
		RunID:       runID,
		Spec:        s.Name,
		Title:       s.Title,
		SpecSHA256:  s.SHA256(),
		Quick:       s.Quick,
		CreatedAt:   now.UnixMicro(),
		Command:     command,
		Workload:    s.Workload,
		Params:      paramColumns(s),
		Metrics:     rawMetrics(s),
		Environment: CaptureEnvironment(),
		Legend:      lineLegend,
	}
}

func paramColumns(s *spec.Spec) []ParamColumn {
	cols := make([]ParamColumn, len(s.Params))
	for i, p := range s.Params {
		cols[i] = ParamColumn{p.Name, p.Kind}
	}
	return cols
}

// rawMetrics are the metrics that a sample brings, in the order of
// [workloads.SampleMetrics].
func rawMetrics(s *spec.Spec) []string {
	var names []string
	for _, m := range workloads.SampleMetrics(s.Workload, s.Extracts) {
		names = append(names, m.Name)
	}
	return names
}

func (h *Header) line() ([]byte, error) {
	line, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode the header of the journal: %w", err)
	}
	return append(line, '\n'), nil
}

// matches says whether a sample and a point of s mean what the header says.
func (h *Header) matches(s *spec.Spec) error {
	switch {
	case h.SpecSHA256 != s.SHA256():
		return fmt.Errorf("the text of spec %s is not that of run %s", s.Name, h.RunID)
	case !slices.Equal(h.Params, paramColumns(s)):
		return fmt.Errorf("workload %s has other parameters than when run %s began", s.Workload.Name, h.RunID)
	case !slices.Equal(h.Metrics, rawMetrics(s)):
		return fmt.Errorf("workload %s has other metrics than when run %s began", s.Workload.Name, h.RunID)
	}
	return nil
}
