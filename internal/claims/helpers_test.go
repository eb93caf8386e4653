package claims

import (
	"math"
	"testing"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// probe has a parameter of every kind, and a metric beside latency.
func probe() workloads.Workload {
	return workloads.Workload{
		Name: "probe", Doc: "Probe is not there.",
		Params: []workloads.Param{
			{Name: "mode", Kind: workloads.Enum, Enum: []string{"slow", "fast"}, Default: "slow", Doc: "how"},
			{Name: "size", Kind: workloads.Int, Default: 1, Doc: "how much"},
			{Name: "trial", Kind: workloads.Int, Default: 0, Doc: "which experiment of many"},
			{Name: "load", Kind: workloads.Float, Default: 0.5, Doc: "how busy"},
			{Name: "warm", Kind: workloads.Bool, Default: true, Doc: "whether"},
		},
		Metrics: []workloads.Metric{
			{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes held"},
			{Name: "age_count", Doc: "how old"},
		},
	}
}

// A sample of a synthetic run.
type sample struct {
	round, rep   int
	latency      float64
	memory, age  float64
	failed       bool
	withoutValue bool // of memory and age
}

// reading makes a run of a spec. samples gives those of a point.
func reading(t testing.TB, src string, samples func(p workloads.Values) []sample) *results.Reading {
	t.Helper()
	s, err := spec.Parse(t.Context(), "demo.yaml", []byte("version: 1\nname: demo\ntitle: t\nquestion: q\nworkload: probe\n"+src),
		spec.Options{Workloads: []workloads.Workload{probe()}})
	if err != nil {
		t.Fatal(err)
	}
	run, err := results.Create(t.TempDir(), s, results.CreateOptions{})
	must(t, err)
	for p, err := range s.Points() {
		must(t, err)
		must(t, run.Point(p))
		for _, of := range samples(p.Params) {
			must(t, run.Append(of.record(p.Index, len(workloads.SampleMetrics(s.Workload, nil)))))
		}
	}
	must(t, run.Finish(results.Complete))
	must(t, run.Close())
	_, err = results.Derive(t.Context(), run.Dir())
	must(t, err)
	r, err := results.Read(t.Context(), run.Dir())
	must(t, err)
	return r
}

// record is the sample as a run keeps it: the metrics of the workload are
// latency, memory and age.
func (s sample) record(point int64, metrics int) *results.Sample {
	r := &results.Sample{Point: point, Round: s.round, Rep: s.rep, StartedAt: 1 + int64(s.rep), Status: results.OK}
	if s.failed {
		r.Status, r.Error = results.Failed, "no luck"
		return r
	}
	r.Values = make([]float64, metrics)
	for i := range r.Values {
		r.Values[i] = math.NaN()
	}
	r.Values[0] = s.latency
	if !s.withoutValue {
		r.Values[1], r.Values[2] = s.memory, s.age
	}
	return r
}

func evaluate(t testing.TB, r *results.Reading, o Options) []Judgement {
	t.Helper()
	judgements, err := Evaluate(t.Context(), r, o)
	must(t, err)
	return judgements
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asNumber is the value of an int or float parameter.
func asNumber(p workloads.Values, name string) float64 { return asFloat(p[name]) }
