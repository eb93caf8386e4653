package synthetic

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"runx/workloads"
)

//go:embed doc.go
var source string

// longest bounds a latency in ns: a time.Duration holds no more than 292 years.
const longest = float64(math.MaxInt64 / 2)

// errOnPurpose is how a sample fails where failure_ratio asks for it.
var errOnPurpose = errors.New("failed on purpose, as failure_ratio asks")

// Workload describes synthetic.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "synthetic",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{
			{Name: "distribution", Kind: workloads.Enum, Enum: distributions, Default: "lognormal",
				Doc: "what latency_ms is drawn from; the formulas are in the workload's doc"},
			{Name: "location_ms", Kind: workloads.Float, Unit: "ms", Default: 10.0, Min: new(0.0), Max: new(1e9),
				Doc: "where the distribution begins or is centred"},
			{Name: "scale_ms", Kind: workloads.Float, Unit: "ms", Default: 1.0, Min: new(0.0), Max: new(1e9),
				Doc: "how wide the distribution is"},
			{Name: "shape", Kind: workloads.Float, Default: 0.5, Min: new(0.001), Max: new(100.0),
				Doc: "sigma of lognormal, the tail index of pareto, the probability of the slow mode of bimodal (at most 1)"},
			{Name: "autocorrelation", Kind: workloads.Float, Default: 0.0, Min: new(-0.999), Max: new(0.999),
				Doc: "correlation of successive normals under the draws; 0 makes the samples independent"},
			{Name: "drift_ratio", Kind: workloads.Float, Default: 0.0, Min: new(-1.0), Max: new(1.0),
				Doc: "growth of the latency per sample, as a share of the first one"},
			{Name: "size", Kind: workloads.Float, Default: 1.0, Min: new(0.0), Max: new(1e12),
				Doc: "what the latency scales with, see exponent; for sweeps"},
			{Name: "exponent", Kind: workloads.Float, Default: 0.0, Min: new(-10.0), Max: new(10.0),
				Doc: "the latency is multiplied by size^exponent"},
			{Name: "failure_ratio", Kind: workloads.Float, Default: 0.0, Min: new(0.0), Max: new(1.0),
				Doc: "the share of samples that fail on purpose, to try retries and on_error"},
			{Name: "reported_bytes", Kind: workloads.Float, Unit: "bytes", Default: 0.0, Min: new(0.0), Max: new(1e18),
				Doc: "what memory_bytes is said to be; nothing is allocated"},
		},
		Metrics: []workloads.Metric{
			{Name: "memory_bytes", Better: workloads.Lower, Doc: "reported_bytes, as declared"},
		},
		Check: check,
		Open:  open,
	}
}

// check finds values that do not go together.
func check(v workloads.Values) error {
	var p struct {
		Distribution string  `param:"distribution"`
		Shape        float64 `param:"shape"`
		Size         float64 `param:"size"`
		Exponent     float64 `param:"exponent"`
	}
	if err := v.Decode(&p); err != nil {
		return err
	}
	if p.Distribution == bimodal && p.Shape > 1 {
		return &workloads.Conflict{
			Params:  []string{"distribution", "shape"},
			Problem: fmt.Sprintf("shape is the probability of bimodal's slow mode and at most 1, not %v", p.Shape),
			Where:   `distribution != "bimodal" || shape <= 1`,
		}
	}
	if !math.IsInf(math.Pow(p.Size, p.Exponent), 0) {
		return nil
	}
	c := &workloads.Conflict{
		Params:  []string{"size", "exponent"},
		Problem: fmt.Sprintf("size^exponent is %v^%v, which is not finite", p.Size, p.Exponent),
	}
	if p.Size == 0 {
		c.Where = "size > 0 || exponent >= 0"
	}
	return c
}

// An instance is a sequence of draws that its seed determines.
type instance struct {
	draw           func(z float64) float64 // ms
	correlation    float64
	innovation     float64 // the noise's share, so that z keeps the variance 1
	z              float64
	factor         float64
	drift, failure float64
	memory         float64
	n              int
	random         *rand.Rand
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	if err := check(env.Params); err != nil {
		return nil, err
	}
	var p struct {
		Distribution string  `param:"distribution"`
		Location     float64 `param:"location_ms"`
		Scale        float64 `param:"scale_ms"`
		Shape        float64 `param:"shape"`
		Correlation  float64 `param:"autocorrelation"`
		Drift        float64 `param:"drift_ratio"`
		Size         float64 `param:"size"`
		Exponent     float64 `param:"exponent"`
		Failure      float64 `param:"failure_ratio"`
		Memory       float64 `param:"reported_bytes"`
	}
	if err := env.Params.Decode(&p); err != nil {
		return nil, err
	}
	draw, err := sampler(p.Distribution, p.Location, p.Scale, p.Shape)
	if err != nil {
		return nil, err
	}
	// The second word only has to differ from that of other users of the seed.
	random := rand.New(rand.NewPCG(env.Seed, 0x73796e7468657469))
	return &instance{
		draw:        draw,
		correlation: p.Correlation,
		innovation:  math.Sqrt(1 - p.Correlation*p.Correlation),
		z:           random.NormFloat64(), // stationary from the first draw on
		factor:      math.Pow(p.Size, p.Exponent),
		drift:       p.Drift,
		failure:     p.Failure,
		memory:      p.Memory,
		random:      random,
	}, nil
}

// Sample draws. Every sample takes two numbers from the generator, whether it
// fails or not, so that failure_ratio does not change the other samples.
func (i *instance) Sample(_ context.Context, r *workloads.Recorder) error {
	i.z = i.correlation*i.z + i.innovation*i.random.NormFloat64()
	fails := i.random.Float64() < i.failure
	// Bounded before it is multiplied: infinity times 0 is not a number.
	ns := clamp(clamp(i.draw(i.z)*float64(time.Millisecond)) * i.factor * (1 + i.drift*float64(i.n)))
	i.n++
	if fails {
		return errOnPurpose
	}
	r.SetLatency(time.Duration(math.Round(ns)))
	r.Set("memory_bytes", i.memory)
	return nil
}

func clamp(ns float64) float64 { return min(max(ns, 0), longest) }

func (i *instance) Close() error { return nil }
