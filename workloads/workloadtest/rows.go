package workloadtest

import (
	"context"
	"errors"
	"maps"

	"runx/workloads"
)

// TB is what tests, benchmarks and properties have in common.
type TB interface {
	Helper()
	Skip(args ...any)
	Fatal(args ...any)
}

// Values gives each parameter of the workload its default, where given says
// nothing else.
func Values(w workloads.Workload, given workloads.Values) workloads.Values {
	all := workloads.Values{}
	for _, p := range w.Params {
		all[p.Name] = p.Default
	}
	maps.Copy(all, given)
	return all
}

// Rows takes one sample and returns the rows it has made, the metrics
// by name. What the machine cannot do skips the test.
func Rows(t TB, w workloads.Workload, i workloads.Instance) []map[string]float64 {
	t.Helper()
	r := workloads.NewRecorder(w, nil, &workloads.Monitor{})
	switch err := i.Sample(context.Background(), r); {
	case errors.Is(err, workloads.ErrUnsupported):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	rows, err := r.Rows()
	if err != nil {
		t.Fatal(err)
	}
	named := make([]map[string]float64, len(rows))
	for n, row := range rows {
		named[n] = map[string]float64{}
		for m, name := range r.Names() {
			named[n][name] = row.Values[m]
		}
	}
	return named
}
