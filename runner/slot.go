package runner

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"time"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
	"runx/workloads/wire"
)

const (
	// maxInstances and maxChildren bound what stays open between rounds; memory
	// does too.
	maxInstances = 1024
	maxChildren  = 64
	// resettleBelow is the duration of a sample below which another point in
	// between leaves caches and branch predictors cold enough to show: the
	// first sample on return is thrown away.
	resettleBelow = 10 * time.Millisecond
	// collectAbove is how much setup may allocate before its garbage is
	// collected at once, rather than during a sample.
	collectAbove = 4 << 20
)

// A slot is an open instance.
type slot struct {
	point    *point
	at       spec.Point
	host     host
	instance workloads.Instance
	recorder *workloads.Recorder
	multi    workloads.MultiSampler // nil where the instance is none
	log      io.Writer
	wall     time.Duration // of the last repetition
	rows     int           // that it yielded
	cold     int           // warm-up samples to go
	discards bool          // the next repetition is thrown away
	broken   bool          // the workload panicked; who knows what is left of it
	place    *list.Element
}

func (s *slot) usable() bool { return !s.broken && s.host.alive() }

// sample performs n repetitions, which the recorder then holds.
func (s *slot) sample(ctx context.Context, n int) (err error) {
	defer func() {
		if v := recover(); v != nil {
			s.broken = true
			err = panicked(s.log, v)
		}
	}()
	s.recorder.Reset()
	s.recorder.SetRep(int(s.point.reps))
	if s.discards {
		s.recorder.Discard()
	}
	if n > 1 {
		return s.multi.SampleN(ctx, n, s.recorder)
	}
	return s.instance.Sample(ctx, s.recorder)
}

// A failure is why an attempt yielded no sample.
type failure struct {
	status results.Status
	err    error
	retry  bool      // another attempt may do better
	ends   bool      // without another attempt the point is over, whatever on_error says
	values []float64 // what was measured nevertheless
}

func failureOf(doing string, err error, retry, ends bool) *failure {
	f := &failure{status: results.Failed, err: fmt.Errorf("%s: %w", doing, err), retry: retry, ends: ends}
	switch {
	case errors.Is(err, workloads.ErrUnsupported):
		f.status = results.Skipped
	case errors.Is(err, context.DeadlineExceeded):
		f.status = results.Timeout
	}
	return f
}

// ready makes the point's instance ready for a sample: opened, verified and
// warm.
func (e *engine) ready(ctx context.Context, p *point) (*slot, *failure) {
	if p.slot != nil && !p.slot.usable() {
		e.close(p.slot)
	}
	if p.slot == nil {
		if f := e.prepare(ctx, p); f != nil {
			return nil, f
		}
		e.last = p.slot
	}
	s := p.slot
	e.slots.MoveToFront(s.place)
	resettle := e.last != s && s.cold == 0 && s.wall < resettleBelow
	e.last = s
	for ; s.cold > 0; s.cold-- {
		if f := e.discard(ctx, s, "warm up"); f != nil {
			return nil, f
		}
	}
	if resettle {
		s.discards = true
		f := e.discard(ctx, s, "resettle")
		s.discards = false
		return s, f
	}
	return s, nil
}

// discard performs a repetition that is thrown away. So is its failure, or
// points that are warmed up more often would seem to fail more often; it is one
// only where no sample can follow.
func (e *engine) discard(ctx context.Context, s *slot, doing string) *failure {
	start := time.Now()
	late, err := e.call(ctx, s, 1)
	f := e.failureOf(doing, late, time.Since(start), err)
	if f == nil || ctx.Err() != nil || !s.usable() {
		return f
	}
	e.logError(doing, err)
	return nil
}

// prepare opens an instance for the point and verifies it, if that was not
// done. Where each sample has a process of its own, so has the check of the
// answer: it must not warm up what is to be measured cold.
func (e *engine) prepare(ctx context.Context, p *point) *failure {
	at, err := e.describe(p)
	if err != nil {
		return failureOf("compute the parameters", err, false, true)
	}
	e.tellOpening(p, at, true)
	defer e.tellOpening(p, at, false)
	s, f := e.openSlot(ctx, p, at)
	if f != nil {
		return f
	}
	if !p.verified {
		if f := e.verify(ctx, s); f != nil {
			return f
		}
		p.verified = true
		if e.spec.Measure.Isolate == spec.IsolateSample && e.verifies(s) {
			e.close(s)
			if s, f = e.openSlot(ctx, p, at); f != nil {
				return f
			}
		}
	}
	e.collectSetup(s)
	return nil
}

func (e *engine) verifies(s *slot) bool {
	_, ok := s.instance.(workloads.Verifier)
	return ok
}

func (e *engine) verify(ctx context.Context, s *slot) *failure {
	v, ok := s.instance.(workloads.Verifier)
	if !ok {
		return nil
	}
	ctx, cancel := e.limitSetup(ctx, s.point)
	defer cancel()
	if err := guard(e.log, func() error { return v.Verify(ctx) }); err != nil {
		e.close(s)
		return failureOf("verify", e.orLimit(ctx, err), false, true)
	}
	return nil
}

// limitSetup bounds what is no sample, and so has no timeout, by what the
// point may take at most.
func (e *engine) limitSetup(ctx context.Context, p *point) (context.Context, context.CancelFunc) {
	if e.spec.Measure.Budget == 0 {
		return ctx, func() {}
	}
	budget := e.spec.Measure.Budget
	most := overBudget * min(budget, math.MaxInt64/overBudget)
	limit := max(most-p.spent, budget)
	return context.WithTimeoutCause(ctx, limit, &setupLimitError{limit, budget})
}

// A setupLimitError says which limit ended what is no sample.
type setupLimitError struct{ limit, budget time.Duration }

func (e *setupLimitError) Error() string {
	return fmt.Sprintf("given up after %v, all that a measure.budget of %v leaves a point for this; raise measure.budget", e.limit, e.budget)
}

// Unwrap makes it the end of a deadline.
func (*setupLimitError) Unwrap() error { return context.DeadlineExceeded }

// orLimit returns the limit of the context in place of an error that came of it.
// What a worker had to say when it was ended goes to the log.
func (e *engine) orLimit(ctx context.Context, err error) error {
	limit, reached := errors.AsType[*setupLimitError](context.Cause(ctx))
	if !reached || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e.logError("set up", err)
	return limit
}

// openSlot opens an instance. Where that fails for want of memory that other
// open instances hold, they are closed and it is tried again.
func (e *engine) openSlot(ctx context.Context, p *point, at spec.Point) (*slot, *failure) {
	e.makeRoom()
	ctx, cancel := e.limitSetup(ctx, p)
	defer cancel()
	s, f := e.tryOpen(ctx, p, at)
	if f != nil && f.status == results.Failed && e.slots.Len() > 0 && e.memoryIsShort(0.5) {
		e.closeAll()
		debug.FreeOSMemory()
		s, f = e.tryOpen(ctx, p, at)
	}
	if f != nil {
		return nil, f
	}
	s.place = e.slots.PushFront(s)
	p.slot = s
	return s, nil
}

func (e *engine) tryOpen(ctx context.Context, p *point, at spec.Point) (*slot, *failure) {
	if e.spec.Measure.Isolate == spec.IsolateSample {
		e.leaving.Wait() // the start of a process is part of what is measured
	}
	h, err := e.hostFor(ctx)
	if err != nil {
		return nil, &failure{status: results.Failed, err: e.orLimit(ctx, err), retry: true, ends: true}
	}
	e.leaving.Wait()
	start := time.Now()
	instance, err := h.open(ctx, e.env(p, at))
	took := time.Since(start)
	if err != nil {
		e.closeHost(h)
		return nil, failureOf("open", e.orLimit(ctx, err), true, true)
	}
	if _, late := errors.AsType[*setupLimitError](context.Cause(ctx)); late {
		e.seen.slowOpens.add(took.Seconds(), func() string { return e.about(p, "%v", took.Round(time.Millisecond)) })
	}
	s := &slot{point: p, at: at, host: h, instance: instance, log: e.log, rows: 1, cold: e.spec.Measure.Warmup}
	s.multi, _ = instance.(workloads.MultiSampler)
	s.recorder = workloads.NewRecorder(e.spec.Workload, e.spec.Extracts, e.monitor)
	return s, nil
}

// env is what an instance of the point is made from. A worker sees to Spawn
// itself.
func (e *engine) env(p *point, at spec.Point) workloads.Env {
	env := workloads.Env{
		Params:   at.Params,
		Extracts: e.spec.Extracts,
		Seed:     e.seedOf(at, p),
		Log:      e.log,
		Dir:      e.journal.FilesDir(at.ID),
	}
	if e.self != nil {
		env.Spawn = wire.Spawner(*e.self, e.spec.Workload.Name, env)
	}
	return env
}

// seedOf is the source of randomness of an instance. One that is opened again
// later in the point draws something else, or it would repeat its samples.
func (e *engine) seedOf(at spec.Point, p *point) uint64 {
	seed := e.spec.Measure.Seed
	for _, c := range []byte(at.ID) {
		seed = mix(seed, uint64(c))
	}
	if p.reps > 0 {
		seed = mix(seed, uint64(p.reps))
	}
	return seed
}

// hostFor returns the host for one more instance: the one for all, or a fresh
// one.
func (e *engine) hostFor(ctx context.Context) (host, error) {
	if e.spec.Measure.Isolate != spec.IsolateNone {
		return e.newHost(ctx)
	}
	if e.shared != nil && !e.shared.alive() {
		e.logError("close the worker", e.shared.close())
		e.shared = nil
	}
	if e.shared == nil {
		h, err := e.newHost(ctx)
		if err != nil {
			return nil, err
		}
		e.shared = h
	}
	return e.shared, nil
}

// closeHost ends a host that only one instance has. The next one may start
// meanwhile; it is gone before anything is opened or measured.
func (e *engine) closeHost(h host) {
	if h != e.shared {
		e.leaving.Go(func() { e.logError("close the worker", h.close()) })
	}
}

func (e *engine) close(s *slot) {
	if s.host.alive() {
		e.logError("close the instance", guard(e.log, s.instance.Close))
	}
	e.closeHost(s.host)
	e.slots.Remove(s.place)
	s.point.slot = nil
	if e.last == s {
		e.last = nil
	}
}

func (e *engine) closeAll() {
	for e.slots.Len() > 0 {
		e.close(e.slots.Back().Value.(*slot))
	}
}

// makeRoom closes the instances that were not used for longest, as far as
// number or memory ask for it.
func (e *engine) makeRoom() {
	limit := maxInstances
	if e.spec.Measure.Isolate != spec.IsolateNone {
		limit = min(maxChildren, childrenByFiles())
	}
	for e.slots.Len() >= limit {
		e.close(e.slots.Back().Value.(*slot))
		e.seen.evictions++
	}
	for e.slots.Len() > 0 && e.memoryIsShort(0.25) {
		e.close(e.slots.Back().Value.(*slot))
		e.seen.evictions++
		debug.FreeOSMemory()
	}
}

// memoryIsShort tells whether less than this part of the memory that there was
// at the start is left.
func (e *engine) memoryIsShort(part float64) bool {
	left, ok := workloads.AvailableMemory()
	return ok && float64(left) < part*float64(e.memory)
}

// collectSetup collects the garbage of opening an instance in this process.
func (e *engine) collectSetup(s *slot) {
	if _, ok := s.host.(*inProcess); !ok {
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.TotalAlloc-e.collected > collectAbove {
		runtime.GC()
		e.collected = m.TotalAlloc
	}
}
