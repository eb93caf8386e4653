package runner

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"sync"
	"time"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
	"runx/workloads/wire"
)

// overBudget times its budget is what a point may take for the smallest number
// of samples that the spec asks for. Beyond the budget it gets no more than that
// number, and beyond this not even that.
const overBudget = 3

// journal is what the runner needs of a [results.Run].
type journal interface {
	FilesDir(pointID string) string
	Point(spec.Point) error
	Append(*results.Sample) error
	End(point int64, why results.Ending) error
	Ended(point int64) results.Ending
	Samples() iter.Seq2[*results.Sample, error]
	Finish(results.RunStatus) error
}

// An engine performs one run.
type engine struct {
	spec     *spec.Spec
	journal  journal
	log      io.Writer
	observer Observer
	newHost  hostMaker
	self     *wire.Command // starts workers like this process; nil where instances cannot spawn others

	points   []point
	visits   []visit
	watch    *watch
	round    int
	row      results.Sample // reused
	deadline *deadline      // nil without a timeout
	monitor  *workloads.Monitor

	slots   list.List      // of *slot, the one used last in front
	last    *slot          // the one sampled last
	shared  host           // of all instances, where nothing is isolated
	leaving sync.WaitGroup // hosts that are ending
	memory  int64          // bytes available at the start

	started, now time.Time
	collected    uint64 // bytes that this process had allocated at the last collection
	out          Outcome
	reps         int64
	seen         observations
	why          reasons
	guess        forecast
}

func newEngine(ctx context.Context, s *spec.Spec, j journal, opts Options) (*engine, error) {
	e, err := newReader(ctx, s, j)
	if err != nil {
		return nil, err
	}
	e.observer = opts.Observer
	if opts.Log != nil {
		e.log = &lockedWriter{to: opts.Log}
	}
	if e.newHost, err = newHostMaker(s, opts, e.log); err != nil {
		return nil, err
	}
	if s.Worker == nil && len(opts.Self) > 0 {
		e.self = &wire.Command{Argv: opts.Self, Log: e.log, Known: opts.Suite}
	}
	return e, nil
}

// newReader makes an engine that can tell what a journal says, and not measure.
func newReader(ctx context.Context, s *spec.Spec, j journal) (*engine, error) {
	e := &engine{spec: s, journal: j, log: io.Discard, started: time.Now()}
	e.memory, _ = workloads.AvailableMemory()
	e.seen.start(s)
	var err error
	if e.points, err = enumerate(ctx, s); err != nil {
		return nil, err
	}
	e.out.Points = len(e.points)
	if e.watch, err = newWatch(s, len(e.points)); err != nil {
		return nil, err
	}
	return e, nil
}

// run measures what the journal does not hold yet.
func (e *engine) run(ctx context.Context) (Outcome, error) {
	if err := e.resume(); err != nil {
		return Outcome{}, err
	}
	e.monitor = workloads.NewMonitor()
	if e.spec.Measure.Timeout > 0 {
		e.deadline = newDeadline(ctx)
		defer func() { e.deadline.close() }() // the last one
	}
	err := e.measure(ctx)
	e.closeAll()
	e.leaving.Wait()
	if e.shared != nil {
		e.logError("close the worker", e.shared.close())
	}
	e.logError("close the monitor", e.monitor.Close())
	return e.finish(err)
}

// measure starts the host that all points share, where there is one, so that
// a worker that cannot start is one error and not one per point.
func (e *engine) measure(ctx context.Context) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	if e.spec.Measure.Isolate == spec.IsolateNone && e.spec.Worker != nil {
		if _, err := e.hostFor(ctx); err != nil {
			return err
		}
	}
	return e.inOrder(ctx)
}

// finish records how the run ended.
func (e *engine) finish(err error) (Outcome, error) {
	status := results.Complete
	switch {
	case err == nil:
	case errors.Is(err, errInterrupted):
		status, err, e.out.Interrupted = results.Interrupted, nil, true
	case errors.Is(err, errStopped):
		status, err, e.out.Stopped = results.Broken, nil, e.row.Error
	default:
		status = results.Broken
	}
	if ended := e.journal.Finish(status); ended != nil && err == nil {
		err = fmt.Errorf("record the end of the run: %w", ended)
	}
	e.out.Warnings, e.out.Reasons = e.warnings(), e.why.sorted()
	return e.out, err
}

// record appends the row to the journal and counts it.
func (e *engine) record(p *point, at spec.Point) error {
	if !p.defined {
		if err := e.journal.Point(at); err != nil {
			return fmt.Errorf("record point %s: %w", at.ID, err)
		}
		p.defined = true
	}
	if err := e.journal.Append(&e.row); err != nil {
		return fmt.Errorf("record sample %d of point %s: %w", e.row.Rep, at.ID, err)
	}
	e.count(&e.row)
	return nil
}

func (e *engine) count(row *results.Sample) {
	e.out.Samples++
	if row.Status == results.Failed || row.Status == results.Timeout {
		e.out.FailedSamples++
	}
	if row.Status != results.OK {
		e.why.note(row)
	}
	if row.Tainted != "" {
		e.out.Tainted++
	}
	e.seen.row(row)
}

// judge ends a point that needs no more samples. Where its rows do not show that,
// the journal is told.
func (e *engine) judge(p *point) error {
	m := &e.spec.Measure
	var ending results.Ending
	if p.phase == failed && m.OnError != spec.Stop { // to go on after a stop is to try again
		ending = results.GivenUp
	}
	if p.phase == pending {
		enough := int(p.reps) >= m.Samples.Min && e.watch.decide(p)
		spent := m.Budget > 0 && p.spent >= e.allowed(p)
		full := int(p.reps) >= m.Samples.Max
		if !enough && !spent && !full {
			return nil
		}
		p.phase = finished
		if p.ok == 0 {
			p.phase = failed
		}
		if !enough && !full {
			ending = results.SpentBudget
		}
		e.seen.end(e, p, enough, full)
	}
	if ending != "" {
		if err := e.journal.End(p.index, ending); err != nil {
			return fmt.Errorf("record the end of a point: %w", err)
		}
	}
	e.settle(p)
	return nil
}

// allowed is what a point may take: its budget, or more where it has not as many
// samples as the spec asks for at least.
func (e *engine) allowed(p *point) time.Duration {
	budget := e.spec.Measure.Budget
	if int(p.reps) >= e.spec.Measure.Samples.Min {
		return budget
	}
	return overBudget * min(budget, math.MaxInt64/overBudget)
}

// settle counts a point that has ended, and closes it.
func (e *engine) settle(p *point) {
	switch p.phase {
	case finished:
		e.out.Finished++
	case failed:
		e.out.Failed++
	case skipped:
		e.out.Skipped++
	}
	if p.slot != nil {
		e.close(p.slot)
	}
}

// tell informs the observer, and lets go of what only it needed.
func (e *engine) tell(p *point) {
	if e.observer != nil {
		if at, err := e.describe(p); err == nil {
			e.observer.Sampled(e.progress(p, at))
		}
	}
	if p.phase != pending {
		p.values = nil
	}
}

// tellOpening informs the observer that a point is about to be opened, or is.
func (e *engine) tellOpening(p *point, at spec.Point, opening bool) {
	if e.observer == nil {
		return
	}
	e.now = time.Now()
	progress := e.progress(p, at)
	progress.Opening = opening
	e.observer.Opening(progress)
}

func (e *engine) progress(p *point, at spec.Point) Progress {
	return Progress{
		Points: e.out.Points, PointsDone: e.out.Finished + e.out.Failed + e.out.Skipped,
		Samples: e.reps, Rows: e.seen.rows, FailedSamples: e.out.FailedSamples,
		Round: e.round, Point: at, Rep: int(p.reps), Status: e.row.Status,
		Elapsed: e.now.Sub(e.started), engine: e, point: p,
	}
}

// describe returns the point with its parameters.
func (e *engine) describe(p *point) (spec.Point, error) {
	if p.slot != nil {
		return p.slot.at, nil
	}
	at, stays, err := e.spec.At(p.index)
	if err == nil && !stays {
		err = errors.New("it is not part of the grid any more")
	}
	if err != nil {
		return spec.Point{Index: p.index}, fmt.Errorf("point %d: %w", p.index, err)
	}
	return at, nil
}

func (e *engine) logError(doing string, err error) {
	if err != nil {
		fmt.Fprintf(e.log, "%s: %v\n", doing, err)
	}
}

// A lockedWriter is shared by the workers that write at the same time.
type lockedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(b)
}
