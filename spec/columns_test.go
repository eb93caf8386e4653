package spec

import (
	"context"
	"strings"
	"testing"

	"runx/workloads"
)

// A worker may call its metrics as it likes, but not like a column that every
// table of samples has.
func TestMetricsOfAWorkerLeaveTheKeysAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"status", "round", "run_id"} {
		w := model()
		w.Metrics = []workloads.Metric{{Name: name, Doc: "is there already"}}
		opts := Options{Describe: func(context.Context, []string) ([]workloads.Workload, error) { return []workloads.Workload{w}, nil }}
		_, err := Parse(t.Context(), "t.yaml", []byte(head+"worker: [x]\nparams: {seq_len: 1}\n"), opts)
		if err == nil || !strings.Contains(err.Error(), "two columns of the samples are called "+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
