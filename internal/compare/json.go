package compare

import (
	"encoding/json"
	"math"
	"time"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/workloads"
)

// MarshalJSON writes the comparison with names in snake case; a number that is
// not there is null.
func (c *Comparison) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Base        string              `json:"base"`
		Next        string              `json:"next"`
		BaseRun     jsonRun             `json:"base_run"`
		NextRun     jsonRun             `json:"next_run"`
		By          string              `json:"by,omitempty"`
		Margin      float64             `json:"margin_ratio"`
		Confidence  float64             `json:"confidence_ratio"`
		Differences []jsonDifference    `json:"differences"`
		OnlyBase    []string            `json:"only_base"`
		OnlyNext    []string            `json:"only_next"`
		Params      []string            `json:"params"`
		Metrics     []*MetricComparison `json:"metrics"`
		Warnings    []jsonWarning       `json:"warnings"`
	}{
		c.Base, c.Next, newJSONRun(c.BaseRun), newJSONRun(c.NextRun), c.By, c.Margin, c.Confidence,
		each(c.Differences, func(d *Difference) jsonDifference { return jsonDifference(*d) }),
		each(c.OnlyBase, clone), each(c.OnlyNext, clone), each(c.Params, clone),
		each(c.Metrics, func(m *MetricComparison) *MetricComparison { return m }), jsonWarnings(c.Warnings),
	})
}

// MarshalJSON writes one metric of a comparison.
func (m *MetricComparison) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Metric   string           `json:"metric"`
		Unit     string           `json:"unit,omitempty"`
		Better   workloads.Better `json:"better,omitempty"`
		Verdict  Verdict          `json:"verdict"`
		Ratio    number           `json:"ratio"`
		Lo       number           `json:"ratio_lo"`
		Hi       number           `json:"ratio_hi"`
		Pairs    []*Pair          `json:"points"`
		Warnings []jsonWarning    `json:"warnings"`
	}{
		m.Metric, m.Unit, m.Better, m.Verdict, number(m.Ratio), number(m.Lo), number(m.Hi),
		each(m.Pairs, func(p *Pair) *Pair { return p }), jsonWarnings(m.Warnings),
	})
}

// MarshalJSON writes one pair of points.
func (p *Pair) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Point    string        `json:"point"`
		Values   []string      `json:"values"`
		Verdict  Verdict       `json:"verdict"`
		Base     number        `json:"base"`
		Next     number        `json:"next"`
		BaseN    int           `json:"base_count"`
		NextN    int           `json:"next_count"`
		Ratio    number        `json:"ratio"`
		Lo       number        `json:"ratio_lo"`
		Hi       number        `json:"ratio_hi"`
		P        number        `json:"p"`
		Warnings []jsonWarning `json:"warnings"`
	}{
		p.Point, each(p.Values, clone), p.Verdict, number(p.Base), number(p.Next), p.BaseN, p.NextN,
		number(p.Ratio), number(p.Lo), number(p.Hi), number(p.P), jsonWarnings(p.Warnings),
	})
}

type jsonRun struct {
	RunID     string            `json:"run_id"`
	Spec      string            `json:"spec"`
	Status    results.RunStatus `json:"status"`
	Quick     bool              `json:"quick"`
	StartedAt time.Time         `json:"started_at"`
	Dir       string            `json:"dir"`
}

func newJSONRun(r results.RunInfo) jsonRun {
	return jsonRun{r.ID, r.Spec, r.Status, r.Quick, time.UnixMicro(r.CreatedAt).UTC(), r.Dir}
}

type jsonDifference struct {
	Name  string `json:"name"`
	Base  string `json:"base"`
	Next  string `json:"next"`
	Grave bool   `json:"grave"`
}

type jsonWarning struct {
	What string `json:"what"`
	Cure string `json:"cure,omitempty"`
}

func jsonWarnings(ws []stats.Warning) []jsonWarning {
	return each(ws, func(w *stats.Warning) jsonWarning { return jsonWarning(*w) })
}

// each maps a list to one that is [] in JSON where it is empty.
func each[S, T any](list []S, f func(*S) T) []T {
	out := make([]T, len(list))
	for i := range list {
		out[i] = f(&list[i])
	}
	return out
}

func clone(s *string) string { return *s }

// A number is null where it is none that JSON has.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}
