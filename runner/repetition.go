package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// batchTime bounds how long one call for many samples takes: the observer is
// not told meanwhile, and Ctrl-C waits that long.
const batchTime = 50 * time.Millisecond

// maxError bounds, in bytes, what the journal keeps of an error. It holds any
// stack or traceback, and a worker that answers with megabytes does not fill the
// disk, or end the run by a line that is too long.
const maxError = 64 << 10

// What ends a run before its points are done.
var (
	errInterrupted = errors.New("interrupted")
	errStopped     = errors.New("stopped")
)

// repetition takes the next repetition of a point, or some where one call can
// take many. An attempt that fails is a row too, and is made again as often as
// the spec says. An error ends the run.
func (e *engine) repetition(ctx context.Context, p *point) error {
	began := time.Now()
	tried := began
	f, err := e.attempt(ctx, p)
	for err == nil && f != nil && ctx.Err() == nil {
		var again bool
		if again, err = e.fail(p, f, tried); err != nil || !again {
			break
		}
		tried = time.Now()
		f, err = e.attempt(ctx, p)
	}
	switch {
	case err != nil:
		return err
	case f != nil && ctx.Err() != nil:
		return errInterrupted // what failed was given up, not measured
	}
	if p.slot != nil && e.spec.Measure.Isolate == spec.IsolateSample {
		e.close(p.slot)
	}
	e.now = time.Now()
	p.spent += e.now.Sub(began)
	if err := e.judge(p); err != nil {
		return err
	}
	e.tell(p)
	if f != nil && f.status != results.Skipped && e.spec.Measure.OnError == spec.Stop {
		return fmt.Errorf("%w: %w", errStopped, f.err)
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	return nil
}

// attempt makes the point ready, samples it and records what came of it. The
// error is that of the journal.
func (e *engine) attempt(ctx context.Context, p *point) (*failure, error) {
	s, f := e.ready(ctx, p)
	if f != nil {
		return f, nil
	}
	n := e.batch(p, s)
	start := time.Now()
	late, err := e.call(ctx, s, n)
	wall := time.Since(start)
	s.recorder.SetWall(wall)
	rows, mistake := s.recorder.Rows()
	if f = e.failureOf("sample", late, wall, cmp.Or(err, mistake)); f != nil && n == 1 {
		if len(rows) > 0 {
			f.values = rows[0].Values
		}
		return f, nil
	}
	s.wall, s.rows = wall/time.Duration(n), max(len(rows)/n, 1)
	return f, e.recordRows(s, rows, n)
}

// failureOf says what went wrong in a call; nil is nothing. A sample that was
// done after its timeout is as late as one that was ended.
func (e *engine) failureOf(doing string, late bool, wall time.Duration, err error) *failure {
	switch {
	case late && (err == nil || errors.Is(err, context.DeadlineExceeded)):
		err = fmt.Errorf("it took %v, the timeout is %v", wall.Round(time.Microsecond), e.spec.Measure.Timeout)
	case err == nil:
		return nil
	}
	f := failureOf(doing, err, true, false)
	if late {
		f.status = results.Timeout
	}
	return f
}

// call performs n repetitions within the timeout. late is true when it had
// passed, whether the workload heeded it or not.
func (e *engine) call(ctx context.Context, s *slot, n int) (late bool, err error) {
	e.leaving.Wait() // nothing runs beside a measurement
	if e.spec.Measure.Timeout == 0 {
		return false, s.sample(ctx, n)
	}
	e.deadline.arm(e.spec.Measure.Timeout)
	err = s.sample(e.deadline, n)
	late = e.deadline.disarm()
	e.deadline = e.deadline.renewed()
	return late, err
}

// batch is how many repetitions to ask for in one call: one, unless the point
// is taken to its end by an instance for which many cost less. It never goes
// past the next count at which the point could end.
func (e *engine) batch(p *point, s *slot) int {
	m := &e.spec.Measure
	if s.multi == nil || s.rows != 1 || s.wall <= 0 || m.Timeout > 0 || p.attempts > 0 ||
		m.Order == spec.Interleaved || m.Isolate == spec.IsolateSample {
		return 1
	}
	n := min(m.Samples.Max-int(p.reps), int(batchTime/s.wall))
	if next := e.watch.nextLook(p); next > 0 {
		n = min(n, next-int(p.ok))
	}
	if m.Budget > 0 {
		n = min(n, int((m.Budget-p.spent)/s.wall))
	}
	return max(n, 1)
}

// recordRows appends what n repetitions yielded: of one, all rows are its own;
// of many, each row is one.
func (e *engine) recordRows(s *slot, rows []workloads.Row, n int) error {
	p := s.point
	done := int32(1)
	if n > 1 {
		done = int32(len(rows))
	}
	for i := range rows {
		rep := int(p.reps)
		if n > 1 {
			rep += i
		}
		e.row = results.Sample{
			Point: p.index, Round: e.round, Rep: rep, StartedAt: rows[i].StartedAt,
			Status: results.OK, Tainted: rows[i].Tainted, Values: rows[i].Values,
		}
		if err := e.record(p, s.at); err != nil {
			return err
		}
		e.watch.add(s.at, rows[i].Values)
		if n > 1 || i == len(rows)-1 {
			e.watch.close(p)
		}
	}
	p.reps, p.ok, p.attempts = p.reps+done, p.ok+done, 0
	e.reps += int64(done)
	return nil
}

// fail records an attempt that failed, begun at tried, and reports whether to
// make another.
func (e *engine) fail(p *point, f *failure, tried time.Time) (again bool, err error) {
	at, err := e.describe(p)
	if err != nil {
		return false, err
	}
	e.row = results.Sample{
		Point: p.index, Round: e.round, Rep: int(p.reps), StartedAt: tried.UnixMicro(),
		Status: f.status, Error: clip(f.err.Error()), Values: f.values,
	}
	if err := e.record(p, at); err != nil {
		return false, err
	}
	return e.countFailure(p, f), nil
}

// clip leaves out the middle of an error that is too long: its beginning says
// what failed, its end why.
func clip(text string) string {
	if len(text) <= maxError {
		return text
	}
	return strings.ToValidUTF8(text[:maxError/2], "") + "\n[...]\n" + strings.ToValidUTF8(text[len(text)-maxError/2:], "")
}

// countFailure notes a failed attempt and reports whether to make another. If
// not, the repetition counts as done, and the point may be over.
func (e *engine) countFailure(p *point, f *failure) (again bool) {
	if f.status == results.Skipped {
		p.phase = skipped
		return false
	}
	p.attempts++
	if f.retry && int(p.attempts) <= e.spec.Measure.Retries {
		return true
	}
	p.reps, p.attempts = p.reps+1, 0
	e.reps++
	if f.ends || e.spec.Measure.OnError != spec.Continue {
		p.phase = failed
	}
	return false
}
