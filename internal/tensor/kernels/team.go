package kernels

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Task is work in independent parts. Do computes part i on the given worker;
// parts run in any order and at the same time.
type Task interface {
	Do(w *Worker, i int) error
}

// Worker computes on one thread: a Set and scratch memory, which is made once.
type Worker struct {
	*Set
	left  []float32 // a tile of the left factor
	edge  []float32 // a tile of the result that is not whole
	index int
}

// Index is the worker's place in its team, from 0 to before Threads.
func (w *Worker) Index() int { return w.index }

// Step is a Task and how many parts it has.
type Step struct {
	Task  Task
	Parts int
}

// Team is a number of workers: the caller and goroutines that wait for a call.
// It serves one call at a time. A call in a steady state starts no goroutine and
// allocates nothing. Between the steps of a call workers spin a little while, after
// it they sleep, so that nothing runs beside what the caller does next.
type Team struct {
	set     *Set
	workers []*Worker
	wake    chan struct{}
	product product
	packed  []float32
	gemvs   gemvCalls

	steps []stepState
	// members is how many goroutines are in the call, closed between calls. A
	// goroutine that wakes up too late finds it closed and sleeps again, so the
	// caller never waits for one that has not begun.
	members atomic.Int32
	fault   atomic.Pointer[error]
}

// closed as the number of members means that there is no call.
const closed = -1

// stepState counts the parts of a step that were taken and that are done.
type stepState struct {
	Step
	taken, done atomic.Int64
}

// NewTeam returns a team of so many threads, at least 1, that computes with
// set. Close ends its goroutines.
func NewTeam(set *Set, threads int) *Team {
	t := &Team{set: set, wake: make(chan struct{}, max(threads, 1))}
	t.members.Store(closed)
	for i := range max(threads, 1) {
		t.workers = append(t.workers, newWorker(set, i))
	}
	for _, w := range t.workers[1:] {
		go t.serve(w)
	}
	return t
}

func newWorker(set *Set, index int) *Worker {
	return &Worker{
		Set:   set,
		left:  make([]float32, set.rows*leftStride),
		edge:  make([]float32, set.rows*set.cols),
		index: index,
	}
}

// Set is what the team computes with.
func (t *Team) Set() *Set { return t.set }

// Threads is the number of workers.
func (t *Team) Threads() int { return len(t.workers) }

// Close ends the goroutines. The team must not be used afterwards.
func (t *Team) Close() { close(t.wake) }

// Run does the steps one after the other, the parts of each in any order, and
// returns one of their errors; after an error parts not yet begun are left out.
func (t *Team) Run(steps ...Step) error {
	most := t.prepare(steps)
	t.members.Store(0)
	for range min(len(t.workers), most) - 1 {
		select {
		case t.wake <- struct{}{}:
		default: // as many are about to wake up already
		}
	}
	t.work(t.workers[0])
	for p := (patience{}); !t.members.CompareAndSwap(0, closed); {
		p.wait()
	}
	for i := range t.steps {
		t.steps[i].Task = nil
	}
	if fault := t.fault.Load(); fault != nil {
		return *fault
	}
	return nil
}

// prepare copies the steps and returns the largest number of parts.
func (t *Team) prepare(steps []Step) int {
	if cap(t.steps) < len(steps) {
		t.steps = make([]stepState, len(steps))
	}
	t.steps = t.steps[:len(steps)]
	t.fault.Store(nil)
	most := 0
	for i, step := range steps {
		s := &t.steps[i]
		s.Step = step
		s.taken.Store(0)
		s.done.Store(0)
		most = max(most, step.Parts)
	}
	return most
}

// serve is the life of a goroutine of the team.
func (t *Team) serve(w *Worker) {
	for range t.wake {
		if t.join() {
			t.work(w)
			t.members.Add(-1)
		}
	}
}

// join reports whether there is a call, and counts the caller in if so.
func (t *Team) join() bool {
	for {
		n := t.members.Load()
		if n == closed {
			return false
		}
		if t.members.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// work goes through the steps. It enters one when all parts of the one before
// are done.
func (t *Team) work(w *Worker) {
	for i := range t.steps {
		if i > 0 {
			before := &t.steps[i-1]
			for p := (patience{}); int(before.done.Load()) < before.Parts; {
				p.wait()
			}
		}
		t.takeParts(w, &t.steps[i])
	}
}

// takeParts does parts of a step until all are taken.
func (t *Team) takeParts(w *Worker, s *stepState) {
	for {
		part := int(s.taken.Add(1)) - 1
		if part >= s.Parts {
			return
		}
		if t.fault.Load() == nil {
			if err := s.Task.Do(w, part); err != nil {
				t.fail(err)
			}
		}
		s.done.Add(1)
	}
}

func (t *Team) fail(err error) { t.fault.Store(&err) }

// patience is how a worker waits for the others, who are busy with their last
// part: it spins for some tens of microseconds and then sleeps in between, so
// that the system can give the processor to one that had to stop.
type patience struct{ spins int }

func (p *patience) wait() {
	const (
		most = 200
		nap  = 10 * time.Microsecond
	)
	if p.spins < most {
		p.spins++
		runtime.Gosched()
		return
	}
	time.Sleep(nap)
}
