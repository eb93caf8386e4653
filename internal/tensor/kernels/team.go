package kernels

import (
	"sync"
	"sync/atomic"
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

// Team is a number of workers, of which all but one are goroutines that wait
// for work. It serves one call at a time. A call in a steady state starts no
// goroutine and allocates nothing.
type Team struct {
	set     *Set
	workers []*Worker
	wake    chan struct{}
	done    sync.WaitGroup
	product productTask
	packed  []float32

	task  Task
	parts int
	next  atomic.Int64
	fault atomic.Pointer[error]
}

// NewTeam returns a team of so many threads, at least 1, that computes with
// set. Close ends its goroutines.
func NewTeam(set *Set, threads int) *Team {
	t := &Team{set: set, wake: make(chan struct{}, max(threads, 1))}
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

// Run does the parts 0 to before parts of the task and returns one of their
// errors; after an error parts not yet begun are left out.
func (t *Team) Run(parts int, task Task) error {
	t.task, t.parts = task, parts
	t.next.Store(0)
	t.fault.Store(nil)
	helpers := min(len(t.workers), parts) - 1
	if helpers > 0 {
		t.done.Add(helpers)
		for range helpers {
			t.wake <- struct{}{}
		}
	}
	t.work(t.workers[0])
	t.done.Wait()
	t.task = nil
	if fault := t.fault.Load(); fault != nil {
		return *fault
	}
	return nil
}

func (t *Team) serve(w *Worker) {
	for range t.wake {
		t.work(w)
		t.done.Done()
	}
}

func (t *Team) work(w *Worker) {
	for {
		i := int(t.next.Add(1)) - 1
		if i >= t.parts {
			return
		}
		if err := t.task.Do(w, i); err != nil {
			t.fail(err)
		}
	}
}

// fail keeps an error and leaves out what has not begun.
func (t *Team) fail(err error) {
	t.fault.Store(&err)
	t.next.Store(int64(t.parts))
}
