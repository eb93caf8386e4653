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
	// origin is in the past. time.Since costs half of what time.Now does: it
	// asks for the monotonic clock only.
	origin   time.Time
	duration time.Duration
	spin     func() error // made once, so that a sample allocates nothing
	ctx      context.Context
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	var params struct {
		DurationUS float64 `param:"duration_us"`
	}
	if err := env.Params.Decode(&params); err != nil {
		return nil, err
	}
	i := &instance{
		origin:   time.Now(),
		duration: time.Duration(params.DurationUS * float64(time.Microsecond)),
	}
	i.spin = i.spinOnce
	return i, nil
}

func (i *instance) spinOnce() error {
	now := time.Since(i.origin)
	for end := now + i.duration; now < end; {
		for until := min(now+slice, end); now < until; {
			now = time.Since(i.origin)
		}
		if now < end && i.ctx.Err() != nil {
			return context.Cause(i.ctx)
		}
	}
	return nil
}

func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	i.ctx = ctx
	return r.MeasureOnce(i.spin)
}

func (i *instance) Close() error { return nil }
