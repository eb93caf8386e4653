package spin

import (
	"context"
	_ "embed"
	"time"

	"runx/workloads"
)

//go:embed doc.go
var source string

// slice is how long the loop runs between two looks at the context: rare
// enough to cost nothing, often enough to end at once for a person.
const slice = 10 * time.Millisecond

// Workload describes spin.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "spin",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{{
			Name: "duration_us", Kind: workloads.Float, Unit: "us", Default: 100.0,
			Min: new(0.0), Max: new(3_600_000_000.0),
			Doc: "how long to spin",
		}},
		Open: open,
	}
}

type instance struct {
	spin func() error // made once, so that a sample allocates nothing
	ctx  context.Context
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	var params struct {
		DurationUS float64 `param:"duration_us"`
	}
	if err := env.Params.Decode(&params); err != nil {
		return nil, err
	}
	d := time.Duration(params.DurationUS * float64(time.Microsecond))
	i := &instance{}
	i.spin = func() error {
		start := time.Now()
		for left := d; left > slice; left = d - time.Since(start) {
			busy(start, d-left+slice)
			if i.ctx.Err() != nil {
				return context.Cause(i.ctx)
			}
		}
		busy(start, d)
		return nil
	}
	return i, nil
}

func busy(start time.Time, until time.Duration) {
	for time.Since(start) < until {
	}
}

func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	i.ctx = ctx
	return r.MeasureOnce(i.spin)
}

func (i *instance) Close() error { return nil }
