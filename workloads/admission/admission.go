package admission

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"time"

	"runx/internal/sim"
	"runx/workloads"
)

//go:embed doc.go
var source string

const (
	simulated = "sim"
	live      = "live"

	acceptAll   = "accept_all"
	queueLimit  = "queue_limit"
	tokenBucket = "token_bucket"
	coDel       = "codel"
	adaptive    = "adaptive"

	poisson = "poisson"
	bursty  = "bursty"
	paced   = "paced"

	exponential   = "exponential"
	lognormal     = "lognormal"
	deterministic = "deterministic"
)

// lognormalCV is the standard deviation of lognormal service times over their
// mean.
const lognormalCV = 2

// leastWindow is how many requests come in a window at least, in the mean.
const leastWindow = 10

// Between them the times of a run are exact to a hundredth of a gap, and their
// sums do not overflow.
const (
	leastGap   = 100 * time.Nanosecond
	longestRun = 1_000_000_000 * time.Second
)

// Workload describes admission.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name:     "admission",
		Doc:      workloads.PackageDoc(source),
		Params:   params(),
		Metrics:  metrics(),
		Check:    check,
		ManyRows: true,
		Open:     open,
	}
}

func params() []workloads.Param {
	return []workloads.Param{
		{Name: "policy", Kind: workloads.Enum, Enum: []string{acceptAll, queueLimit, tokenBucket, coDel, adaptive}, Default: acceptAll,
			Doc: "who is served"},
		{Name: "mode", Kind: workloads.Enum, Enum: []string{simulated, live}, Default: simulated,
			Doc: "sim runs in virtual time, live in real time"},
		{Name: "load", Kind: workloads.Float, Default: 0.8, Min: new(0.01), Max: new(10.0),
			Doc: "rate of requests over the capacity"},
		{Name: "arrivals", Kind: workloads.Enum, Enum: []string{poisson, bursty, paced}, Default: poisson,
			Doc: "the process by which requests come"},
		{Name: "service", Kind: workloads.Enum, Enum: []string{exponential, lognormal, deterministic}, Default: exponential,
			Doc: "distribution of the service times"},
		{Name: "servers", Kind: workloads.Int, Unit: "servers", Default: 4, Min: new(1.0), Max: new(1024.0),
			Doc: "servers behind the line"},
		{Name: "mean_service_ms", Kind: workloads.Float, Unit: "ms", Default: 10.0, Min: new(0.01), Max: new(10_000.0),
			Doc: "mean service time"},
		{Name: "slo_ms", Kind: workloads.Float, Unit: "ms", Default: 100.0, Min: new(0.01), Max: new(100_000.0),
			Doc: "the sojourn within which an answer is good"},
		{Name: "queue_limit", Kind: workloads.Int, Unit: "requests", Default: 16, Min: new(0.0), Max: new(1e6),
			Doc: "requests that may wait under queue_limit"},
		{Name: "token_rate_ratio", Kind: workloads.Float, Default: 0.9, Min: new(0.01), Max: new(10.0),
			Doc: "tokens of token_bucket over the capacity"},
		{Name: "token_burst", Kind: workloads.Int, Unit: "tokens", Default: 10, Min: new(1.0), Max: new(1e6),
			Doc: "tokens that token_bucket keeps at most"},
		{Name: "target_ms", Kind: workloads.Float, Unit: "ms", Default: 20.0, Min: new(0.01), Max: new(10_000.0),
			Doc: "the wait that codel tolerates"},
		{Name: "interval_ms", Kind: workloads.Float, Unit: "ms", Default: 100.0, Min: new(0.01), Max: new(10_000.0),
			Doc: "how long codel tolerates more"},
		{Name: "requests", Kind: workloads.Int, Unit: "requests", Default: 1_000_000, Min: new(float64(leastWindow)), Max: new(1e8),
			Doc: "length of a run in mean gaps"},
		{Name: "windows", Kind: workloads.Int, Unit: "windows", Default: 1, Min: new(1.0), Max: new(10_000.0),
			Doc: "rows that a run is cut into"},
		{Name: "demand_seed", Kind: workloads.Int, Default: 1, Min: new(0.0), Max: new(1e9),
			Doc: "which requests come; the seed of the spec does not matter"},
	}
}

func metrics() []workloads.Metric {
	return []workloads.Metric{
		{Name: "p50_ms", Better: workloads.Lower, Doc: "median sojourn of the requests answered"},
		{Name: "p99_ms", Better: workloads.Lower, Doc: "99th percentile of the sojourn of the requests answered"},
		{Name: "queue_ms", Better: workloads.Lower, Doc: "mean wait of the requests whose service began"},
		{Name: "offered_count", Doc: "requests that came"},
		{Name: "requests_per_s", Better: workloads.Higher, Doc: "answers a second"},
		{Name: "goodput_per_s", Better: workloads.Higher, Doc: "answers within slo_ms a second"},
		{Name: "rejected_ratio", Better: workloads.Lower, Doc: "requests refused or dropped over those that came"},
		{Name: "slo_ratio", Better: workloads.Higher, Doc: "answers within slo_ms over the requests that came"},
		{Name: "queue_length_count", Better: workloads.Lower, Doc: "requests that waited, mean over time"},
		{Name: "queue_length_max_count", Better: workloads.Lower, Doc: "requests that waited, at most"},
		{Name: "utilization_ratio", Better: workloads.Higher, Doc: "share of the servers that was busy, mean over time"},
		{Name: "theory_latency_ms", Doc: "mean sojourn by formula"},
		{Name: "theory_rejected_ratio", Doc: "rejected_ratio by formula"},
		{Name: "theory_queue_length_count", Doc: "queue_length_count by formula"},
		{Name: "little_error_ratio", Better: workloads.Lower,
			Doc: "how far the mean number present is from rate of answers times mean sojourn, as a share of it: small only in a steady state"},
		{Name: "elapsed_s", Doc: "end of the window since the start of the run"},
		{Name: "events_count", Doc: "events that were simulated"},
		{Name: "lag_ms", Better: workloads.Lower, Doc: "how late the generator sent a request of the live run, mean"},
	}
}

// A point has the parameters.
type point struct {
	Mode          string  `param:"mode"`
	Policy        string  `param:"policy"`
	Load          float64 `param:"load"`
	Arrivals      string  `param:"arrivals"`
	Service       string  `param:"service"`
	Servers       int     `param:"servers"`
	MeanServiceMS float64 `param:"mean_service_ms"`
	SLOMS         float64 `param:"slo_ms"`
	QueueLimit    int     `param:"queue_limit"`
	TokenRate     float64 `param:"token_rate_ratio"`
	TokenBurst    int     `param:"token_burst"`
	TargetMS      float64 `param:"target_ms"`
	IntervalMS    float64 `param:"interval_ms"`
	Requests      int     `param:"requests"`
	Windows       int     `param:"windows"`
	DemandSeed    int     `param:"demand_seed"`
}

// milliseconds as a duration of at least a nanosecond.
func milliseconds(ms float64) time.Duration {
	return max(1, time.Duration(math.Round(ms*float64(time.Millisecond))))
}

// gap is the mean time between two requests.
func (p *point) gap() time.Duration {
	return milliseconds(p.MeanServiceMS / float64(p.Servers) / p.Load)
}

// end is when a run ends.
func (p *point) end() time.Duration { return p.gap() * time.Duration(p.Requests) }

func (p *point) gaps() sim.Distribution {
	switch p.Arrivals {
	case bursty:
		return sim.NewBursty(p.gap())
	case paced:
		return sim.Paced{Mean: p.gap()}
	}
	return sim.Poisson{Mean: p.gap()}
}

func (p *point) services() sim.Distribution {
	mean := milliseconds(p.MeanServiceMS)
	switch p.Service {
	case lognormal:
		return sim.NewLognormal(mean, lognormalCV)
	case deterministic:
		return sim.Deterministic{Mean: mean}
	default:
		return sim.Exponential{Mean: mean}
	}
}

// theory is what a formula says of the point in milliseconds; ok is false where
// there is no formula or no stationary state.
func (p *point) theory() (t sim.Theory, ok bool) {
	arrival, service := p.Load*float64(p.Servers)/p.MeanServiceMS, 1/p.MeanServiceMS
	switch {
	case p.Arrivals != poisson:
		return t, false
	case p.Policy == queueLimit && p.Service == exponential:
		return sim.MMcK(arrival, service, p.Servers, p.Servers+p.QueueLimit), true
	case p.Policy != acceptAll || p.Load >= 1:
		return t, false
	case p.Servers == 1 && p.Service == deterministic:
		return sim.MD1(arrival, service), true
	case p.Servers == 1 && p.Service == exponential:
		return sim.MM1(arrival, service), true
	case p.Servers == 1:
		return sim.MG1(arrival, service, lognormalCV), true
	case p.Service == exponential:
		return sim.MMc(arrival, service, p.Servers), true
	}
	return t, false
}

func decode(v workloads.Values) (point, error) {
	var p point
	if err := v.Decode(&p); err != nil {
		return p, err
	}
	return p, p.conflict()
}

// conflict is what cannot be simulated in whole nanoseconds, or cut.
func (p *point) conflict() error {
	gapNS := p.MeanServiceMS * float64(time.Millisecond) / float64(p.Servers) / p.Load
	switch {
	case p.Requests < leastWindow*p.Windows:
		return &workloads.Conflict{
			Params:  []string{"requests", "windows"},
			Problem: fmt.Sprintf("%d requests are too few for %d windows of at least %d", p.Requests, p.Windows, leastWindow),
			Where:   fmt.Sprintf("requests >= %d * windows", leastWindow),
		}
	case gapNS < float64(leastGap):
		return &workloads.Conflict{
			Params:  []string{"mean_service_ms", "servers", "load"},
			Problem: fmt.Sprintf("a request every %.3g ns is less than %v apart: times are whole nanoseconds", gapNS, leastGap),
			Where:   fmt.Sprintf("mean_service_ms * 1e6 / servers / load >= %d", leastGap.Nanoseconds()),
		}
	case gapNS*float64(p.Requests) > float64(longestRun):
		return &workloads.Conflict{
			Params:  []string{"requests", "mean_service_ms", "servers", "load"},
			Problem: fmt.Sprintf("%d requests every %.3g s take more than the %.0f s that a clock of nanoseconds holds", p.Requests, gapNS/1e9, longestRun.Seconds()),
			Where:   fmt.Sprintf("requests * mean_service_ms / servers / load <= %.0f", longestRun.Seconds()*1e3),
		}
	}
	return nil
}

func check(v workloads.Values) error {
	_, err := decode(v)
	return err
}

// What a request may take at most: its place in a line that doubles, or its
// record and its events.
const (
	simulatedBytes = 64
	liveBytes      = 512
)

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	p, err := decode(env.Params)
	if err != nil {
		return nil, err
	}
	size := simulatedBytes
	if p.Mode == live {
		size = liveBytes
	}
	if err := workloads.RequireMemory(float64(size) * float64(p.Requests)); err != nil {
		return nil, err
	}
	i := &instance{point: p, policy: newPolicy(&p)}
	i.theory, i.hasTheory = p.theory()
	if p.Mode == live {
		i.server = newServer(&i.point, i.policy)
		return i, nil
	}
	i.queue, err = sim.NewQueue(sim.Config{
		Servers: p.Servers, Gaps: p.gaps(), Service: p.services(),
		Admission: i.policy, Objective: milliseconds(p.SLOMS),
	}, 0)
	return i, err
}

// An instance is one point: a simulated queue or a live server.
type instance struct {
	point
	policy policy
	queue  *sim.Queue // of mode sim
	server *server    // of mode live

	theory    sim.Theory
	hasTheory bool
}

// A course is a run that can be followed through time.
type course interface {
	RunUntil(time.Duration)
	Stats() *sim.Stats
	ResetStats()
}

// Sample performs one run and records its windows. The demand is that of the
// repetition, the same at all points with this demand_seed.
func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	seed := uint64(i.DemandSeed)<<32 + uint64(r.Rep())
	i.policy.reset()
	if i.server == nil {
		i.queue.Reset(seed)
		return i.follow(ctx, r, i.queue)
	}
	if err := i.server.run(ctx, seed); err != nil {
		return err
	}
	return i.follow(ctx, r, &i.server.replay)
}

// follow takes a course through its windows.
func (i *instance) follow(ctx context.Context, r *workloads.Recorder, c course) error {
	const stretch = 10_000 // mean gaps between two looks at the context
	gap := i.gap()
	end := i.end()
	for w := range i.Windows {
		until := end / time.Duration(i.Windows) * time.Duration(w+1)
		for now := c.Stats().End; now < until; {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			now = min(until, now+stretch*gap)
			c.RunUntil(now)
		}
		if w > 0 {
			r.Next()
		}
		i.record(r, c.Stats())
		c.ResetStats()
	}
	return nil
}

// record writes a row.
func (i *instance) record(r *workloads.Recorder, s *sim.Stats) {
	const ms = float64(time.Millisecond)
	seconds := s.Elapsed().Seconds()
	r.SetLatency(s.Elapsed())
	if s.Answered > 0 {
		r.SetLatency(time.Duration(math.Round(s.Sojourn.Mean())))
		r.Set("p50_ms", s.Sojourn.Quantile(0.5)/ms)
		r.Set("p99_ms", s.Sojourn.Quantile(0.99)/ms)
	}
	if s.Wait.Count() > 0 {
		r.Set("queue_ms", s.Wait.Mean()/ms)
	}
	r.Set("offered_count", float64(s.Offered))
	r.Set("requests_per_s", float64(s.Answered)/seconds)
	r.Set("goodput_per_s", float64(s.InTime)/seconds)
	if s.Offered > 0 {
		r.Set("rejected_ratio", float64(s.Refused+s.Dropped)/float64(s.Offered))
		r.Set("slo_ratio", float64(s.InTime)/float64(s.Offered))
	}
	r.Set("queue_length_count", s.Waiting())
	r.Set("queue_length_max_count", float64(s.MaxWaiting))
	r.Set("utilization_ratio", s.Busy()/float64(i.Servers))
	if present := s.Waiting() + s.Busy(); present > 0 {
		throughput := float64(s.Answered) / float64(s.Elapsed())
		r.Set("little_error_ratio", math.Abs(throughput*s.Sojourn.Mean()-present)/present)
	}
	r.Set("elapsed_s", s.End.Seconds())
	if i.hasTheory {
		r.Set("theory_latency_ms", i.theory.Sojourn)
		r.Set("theory_rejected_ratio", i.theory.Blocked)
		r.Set("theory_queue_length_count", i.theory.Waiting)
	}
	if i.server == nil {
		r.Set("events_count", float64(s.Events))
	} else {
		r.Set("lag_ms", i.server.lag.Seconds()*1e3)
	}
}

// Close has nothing to release: the workers of a live run end with it.
func (i *instance) Close() error { return nil }
