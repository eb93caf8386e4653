package wire

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"runx/workloads"
)

// Spawner is the Spawn of an instance that is made from env: it starts the
// command, whose worker knows the named workload, once for each instance. What
// such an instance is not told otherwise is as in env, the seed included;
// parameters that it is not given are the defaults.
func Spawner(c Command, workload string, env workloads.Env) func(context.Context, workloads.Values) (workloads.Instance, error) {
	return func(ctx context.Context, params workloads.Values) (workloads.Instance, error) {
		worker, err := Dial(ctx, c)
		if err != nil {
			return nil, err
		}
		own := env
		own.Params = params
		instance, err := worker.openNamed(ctx, workload, own)
		if err != nil {
			return nil, errors.Join(err, worker.Close())
		}
		return &spawned{instance, worker}, nil
	}
}

func (w *Worker) openNamed(ctx context.Context, name string, env workloads.Env) (*instance, error) {
	i := slices.IndexFunc(w.workloads, func(d workloads.Workload) bool { return d.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("worker %q has no workload %q", w.name, name)
	}
	return w.open(ctx, &w.workloads[i], env)
}

// A spawned instance has its worker for itself.
type spawned struct {
	*instance
	owned *Worker
}

// Close closes the instance and ends its process.
func (s *spawned) Close() error {
	return errors.Join(s.instance.Close(), s.owned.Close())
}
