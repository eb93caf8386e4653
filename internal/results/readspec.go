package results

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"runx/spec"
	"runx/workloads"
)

// readSpec reads the spec of a run as it was run. The workload need not be at
// hand: it is described by the journal, and its instances cannot be opened.
func readSpec(ctx context.Context, dir string, h *Header) (*spec.Spec, error) {
	path := filepath.Join(dir, SpecFile)
	src, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{What: "run " + h.RunID + " has no " + SpecFile, Cure: "put the spec back that it was run with", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("read the spec of run %s: %w", h.RunID, err)
	}
	w := h.Workload
	w.Open = func(context.Context, workloads.Env) (workloads.Instance, error) {
		return nil, fmt.Errorf("workload %s is known by its description alone", w.Name)
	}
	described := []workloads.Workload{w}
	s, err := spec.Parse(ctx, path, src, spec.Options{
		Workloads: described,
		Describe:  func(context.Context, []string) ([]workloads.Workload, error) { return described, nil },
	})
	if err != nil {
		return nil, fmt.Errorf("read the spec of run %s: %w", h.RunID, err)
	}
	if err := h.matches(s); err != nil {
		return nil, &Error{What: err.Error(), Cure: "put the " + SpecFile + " back that the run was made with", Err: err}
	}
	return s, nil
}
