package sleep

import (
	"context"
	_ "embed"
	"time"

	"runx/workloads"
)

//go:embed doc.go
var source string

// Workload describes sleep.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "sleep",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{{
			Name: "duration_ms", Kind: workloads.Float, Unit: "ms", Default: 1.0,
			Min: new(0.0), Max: new(3_600_000.0),
			Doc: "how long to sleep",
		}},
		Open: open,
	}
}

type instance struct {
	timer *time.Timer
	wait  func() error // made once, so that a sample allocates nothing
	ctx   context.Context
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	var params struct {
		DurationMS float64 `param:"duration_ms"`
	}
	if err := env.Params.Decode(&params); err != nil {
		return nil, err
	}
	i := &instance{timer: time.NewTimer(time.Hour)}
	i.timer.Stop()
	d := time.Duration(params.DurationMS * float64(time.Millisecond))
	i.wait = func() error {
		i.timer.Reset(d)
		select {
		case <-i.timer.C:
			return nil
		case <-i.ctx.Done():
			i.timer.Stop()
			return context.Cause(i.ctx)
		}
	}
	return i, nil
}

func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	i.ctx = ctx
	return r.MeasureOnce(i.wait)
}

func (i *instance) Close() error {
	i.timer.Stop()
	return nil
}
