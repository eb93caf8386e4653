package kernels

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// countTask counts how often each part is done and checks that the step before
// has ended.
type countTask struct {
	counts []atomic.Int32
	before *countTask
	failAt int
	slow   bool // the first part takes so long that those who wait for it sleep
	office *office
}

func newCountTask(parts int, before *countTask) *countTask {
	return &countTask{counts: make([]atomic.Int32, parts), before: before, failAt: -1}
}

func (c *countTask) Do(w *Worker, i int) error {
	c.counts[i].Add(1)
	if c.before != nil && slices.ContainsFunc(c.before.values(), func(n int32) bool { return n != 1 }) {
		return fmt.Errorf("part %d begins before the step before it has ended", i)
	}
	if c.office != nil {
		if err := c.office.use(w); err != nil {
			return err
		}
	}
	if c.slow && i == 0 {
		time.Sleep(2 * lookOut)
	}
	if i == c.failAt {
		return partError{i, c}
	}
	return nil
}

// partError tells which part of which task failed.
type partError struct {
	part int
	task *countTask
}

func (e partError) Error() string { return fmt.Sprintf("part %d", e.part) }

func (c *countTask) values() []int32 {
	values := make([]int32, len(c.counts))
	for i := range c.counts {
		values[i] = c.counts[i].Load()
	}
	return values
}

// office has one desk for each worker of a team and counts who is in.
type office struct {
	desks   []atomic.Bool
	present atomic.Int32
}

// use sits at the desk of w for a moment.
func (o *office) use(w *Worker) error {
	if w.Index() < 0 || w.Index() >= len(o.desks) {
		return fmt.Errorf("worker %d of %d", w.Index(), len(o.desks))
	}
	if o.desks[w.Index()].Swap(true) {
		return fmt.Errorf("worker %d does two parts at once", w.Index())
	}
	if n := int(o.present.Add(1)); n > len(o.desks) {
		return fmt.Errorf("%d parts at once on %d threads", n, len(o.desks))
	}
	for range w.Index() + 1 {
		runtime.Gosched()
	}
	o.present.Add(-1)
	o.desks[w.Index()].Store(false)
	return nil
}

func TestTeamDoesEachPartOnceInOrderOfSteps(t *testing.T) {
	t.Parallel()
	for _, threads := range []int{1, 2, 5} {
		team := NewTeam(Portable(), threads)
		for round := range 200 {
			first := newCountTask(round%9, nil)
			second := newCountTask(1, first)
			third := newCountTask(17, second)
			if err := team.Run(Step{first, round % 9}, Step{second, 1}, Step{third, 17}); err != nil {
				t.Fatal(err)
			}
			for _, task := range []*countTask{first, second, third} {
				if slices.ContainsFunc(task.values(), func(n int32) bool { return n != 1 }) {
					t.Fatalf("%d threads: parts were done %v times", threads, task.values())
				}
			}
		}
		team.Close()
	}
}

func TestTeamReturnsAnErrorAndGoesOn(t *testing.T) {
	t.Parallel()
	team := NewTeam(Portable(), 3)
	defer team.Close()
	for range 50 {
		failing, after := newCountTask(20, nil), newCountTask(20, nil)
		failing.failAt = 7
		if err := team.Run(Step{failing, 20}, Step{after, 20}); err == nil || err.Error() != "part 7" {
			t.Fatalf("error is %v", err)
		}
		if slices.Max(after.values()) != 0 {
			t.Fatal("the step after an error was done")
		}
		if err := team.Run(Step{after, 20}); err != nil {
			t.Fatalf("error of an earlier call remains: %v", err)
		}
	}
}

// A panic in a part, on whatever thread, reaches the caller, and the team goes on
// with all of its workers.
func TestTeamSurvivesAPanic(t *testing.T) {
	t.Parallel()
	const threads, parts = 3, 12
	team := NewTeam(Portable(), threads)
	defer team.Close()
	for round := range 60 {
		failing := taskFunc(func(_ *Worker, i int) error {
			runtime.Gosched()
			if i == round%parts {
				panic("no such row")
			}
			return nil
		})
		after := newCountTask(parts, nil)
		text := panicOf(func() { _ = team.Run(Step{failing, parts}, Step{after, parts}) })
		if !strings.Contains(text, "no such row") || !strings.Contains(text, "TestTeamSurvivesAPanic") {
			t.Fatalf("the panic of part %d reaches the caller as %q", round%parts, text)
		}
		if slices.Max(after.values()) != 0 {
			t.Fatal("the step after a panic was done")
		}
		if err := team.Run(Step{after, parts}); err != nil {
			t.Fatalf("error after a panic: %v", err)
		}
	}
	if err := eventually("all workers are free", func() bool {
		team.mu.Lock()
		defer team.mu.Unlock()
		return len(team.free) == threads && len(team.active) == 0
	}); err != nil {
		t.Error(err)
	}
}

// panicOf is what a function panics with, as text.
func panicOf(f func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	f()
	return text
}

// Any number of callers with any steps: every part is done once, by a worker
// that does nothing else, and an error reaches its own call alone.
func TestTeamServesManyCallers(t *testing.T) {
	t.Parallel()
	type callCase struct {
		parts  []int
		failAt int // in the first step
		slow   bool
	}
	draw := rapid.Custom(func(t *rapid.T) callCase {
		return callCase{
			parts:  rapid.SliceOfN(rapid.IntRange(0, 12), 1, 4).Draw(t, "parts"),
			failAt: rapid.IntRange(-8, 11).Draw(t, "failAt"),
			slow:   rapid.IntRange(0, 3).Draw(t, "slow") == 0,
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		threads := rapid.IntRange(1, 4).Draw(t, "threads")
		callers := rapid.SliceOfN(rapid.SliceOfN(draw, 1, 6), 1, 6).Draw(t, "callers")
		team := NewTeam(Portable(), threads)
		defer team.Close()
		o := &office{desks: make([]atomic.Bool, threads)}
		errs := make([]error, len(callers))
		var wait sync.WaitGroup
		for i, calls := range callers {
			wait.Go(func() {
				for _, c := range calls {
					errs[i] = errors.Join(errs[i], runCounted(team, o, c.parts, c.failAt, c.slow))
				}
			})
		}
		wait.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	})
}

// runCounted makes one call and returns what was wrong with it.
func runCounted(team *Team, o *office, parts []int, failAt int, slow bool) error {
	var tasks []*countTask
	var steps []Step
	for i, n := range parts {
		var before *countTask
		if i > 0 {
			before = tasks[i-1]
		}
		task := newCountTask(n, before)
		task.office, task.slow = o, slow
		tasks, steps = append(tasks, task), append(steps, Step{task, n})
	}
	tasks[0].failAt = failAt
	err := team.Run(steps...)
	if failAt >= 0 && failAt < parts[0] {
		if failed, ok := errors.AsType[partError](err); !ok || failed.task != tasks[0] {
			return fmt.Errorf("the error of part %d is %v", failAt, err)
		}
		return nil
	}
	for i, task := range tasks {
		if slices.ContainsFunc(task.values(), func(n int32) bool { return n != 1 }) {
			err = errors.Join(err, fmt.Errorf("parts of step %d were done %v times", i, task.values()))
		}
	}
	return err
}

// taskFunc is a Task in one function.
type taskFunc func(w *Worker, i int) error

func (f taskFunc) Do(w *Worker, i int) error { return f(w, i) }

// limit bounds how long a test waits for what must happen.
const limit = 20 * time.Second

// eventually waits until something is true.
func eventually(what string, is func() bool) error {
	for start := time.Now(); !is(); {
		if time.Since(start) > limit {
			return fmt.Errorf("waited %v until %s", limit, what)
		}
		runtime.Gosched()
	}
	return nil
}

// A call that has all workers gives one to the next call between two parts.
func TestTeamCallIsNotStarvedByALongOne(t *testing.T) {
	t.Parallel()
	team := NewTeam(Portable(), 2)
	defer team.Close()
	const parts = 1 << 17
	var atWork, last atomic.Int32
	var served atomic.Bool
	long := taskFunc(func(_ *Worker, i int) error {
		last.Store(int32(i))
		if i < 2 {
			atWork.Add(1)
			return eventually("both threads are at work", func() bool { return atWork.Load() == 2 })
		}
		if !served.Load() {
			time.Sleep(50 * time.Microsecond)
		}
		return nil
	})
	ended := make(chan error, 1)
	go func() { ended <- team.Run(Step{long, parts}) }()
	if err := eventually("both threads are at work", func() bool { return atWork.Load() == 2 }); err != nil {
		t.Fatal(err)
	}
	if err := team.Run(Step{newCountTask(3, nil), 3}); err != nil {
		t.Fatal(err)
	}
	if i := last.Load(); i > parts/2 {
		t.Errorf("part %d of %d of the long call was done before the second call", i, parts)
	}
	served.Store(true)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A helper that sleeps until a step is done gives its worker to the next call.
func TestTeamWakesAHelperForTheNextCall(t *testing.T) {
	t.Parallel()
	team := NewTeam(Portable(), 2)
	defer team.Close()
	var served atomic.Bool
	long := taskFunc(func(*Worker, int) error { return eventually("the second call is done", served.Load) })
	ended := make(chan error, 1)
	go func() { ended <- team.Run(Step{long, 1}, Step{newCountTask(2, nil), 2}) }()
	if err := eventually("a helper sleeps", func() bool {
		team.mu.Lock()
		defer team.mu.Unlock()
		return len(team.active) == 1 && team.active[0].asleep.Load() == 1
	}); err != nil {
		t.Fatal(err)
	}
	if err := team.Run(Step{newCountTask(3, nil), 3}); err != nil {
		t.Fatal(err)
	}
	served.Store(true)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Calls that wait are served in the order in which they came.
func TestTeamServesCallsInOrder(t *testing.T) {
	t.Parallel()
	team := NewTeam(Portable(), 1)
	defer team.Close()
	const calls = 6
	var wait sync.WaitGroup
	var queued atomic.Bool
	var order []int // guarded by the team's only worker
	for i := range calls {
		first := taskFunc(func(*Worker, int) error {
			order = append(order, i)
			if i > 0 {
				return nil
			}
			return eventually("all calls wait", queued.Load)
		})
		wait.Go(func() {
			if err := team.Run(Step{first, 1}); err != nil {
				t.Error(err)
			}
		})
		if err := eventually("the call waits", func() bool {
			team.mu.Lock()
			defer team.mu.Unlock()
			return len(team.free) == 0 && len(team.queue) == i
		}); err != nil {
			t.Fatal(err)
		}
	}
	queued.Store(true)
	wait.Wait()
	if !slices.Equal(order, []int{0, 1, 2, 3, 4, 5}) {
		t.Errorf("served in the order %v", order)
	}
}

// A worker that becomes free helps a call that began without it.
func TestTeamHelpsACallThatIsUnderWay(t *testing.T) {
	t.Parallel()
	team := NewTeam(Portable(), 2)
	defer team.Close()
	var leads, together atomic.Int32
	var wait sync.WaitGroup
	long := taskFunc(func(*Worker, int) error {
		together.Add(1)
		return eventually("two parts are done at once", func() bool { return together.Load() == 2 })
	})
	short := taskFunc(func(*Worker, int) error {
		leads.Add(1)
		return eventually("both calls have a worker", func() bool { return leads.Load() == 2 })
	})
	for range 2 {
		wait.Go(func() {
			if err := team.Run(Step{short, 1}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	leads.Store(0)
	wait.Go(func() {
		if err := team.Run(Step{short, 1}); err != nil {
			t.Error(err)
		}
	})
	wait.Go(func() {
		if err := team.Run(Step{short, 1}, Step{long, 2}); err != nil {
			t.Error(err)
		}
	})
	wait.Wait()
}

func TestClosedTeamComputesOnTheCaller(t *testing.T) {
	t.Parallel()
	team := NewTeam(Portable(), 3)
	team.Close()
	task := newCountTask(9, nil)
	if err := team.Run(Step{task, 9}); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(task.values(), func(n int32) bool { return n != 1 }) {
		t.Errorf("parts were done %v times", task.values())
	}
}

// Calls that are under way or wait when the team is closed end as they should.
func TestTeamClosesDuringCalls(t *testing.T) {
	t.Parallel()
	for range 20 {
		team := NewTeam(Portable(), 3)
		var wait sync.WaitGroup
		errs := make([]error, 5)
		for i := range errs {
			wait.Go(func() {
				for range 20 {
					task := newCountTask(9, nil)
					errs[i] = errors.Join(errs[i], team.Run(Step{task, 9}))
					if slices.ContainsFunc(task.values(), func(n int32) bool { return n != 1 }) {
						errs[i] = errors.Join(errs[i], fmt.Errorf("parts were done %v times", task.values()))
					}
				}
			})
		}
		runtime.Gosched()
		team.Close()
		wait.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
}
