package kernels

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Worker computes on one thread at a time: a Set and scratch memory, which is
// made once.
type Worker struct {
	*Set
	index  int
	left   []float32   // copies of blocks of the left factor
	blocks []leftBlock // blocks of the left factor, made for the rows at hand
	edge   []float32   // a tile of the result that is not whole
	panel  []float32   // a block of a panel, expanded to float32; made at first use
}

func newWorker(set *Set, index int) *Worker {
	return &Worker{
		Set:    set,
		index:  index,
		left:   make([]float32, leftRows*leftStride),
		blocks: make([]leftBlock, 0, leftRows/set.rows),
		edge:   make([]float32, set.rows*set.cols),
	}
}

// Index is the worker's place in its team, from 0 to before Threads.
func (w *Worker) Index() int { return w.index }

// panelScratch holds blockDepth rows of a panel.
func (w *Worker) panelScratch() []float32 {
	if w.panel == nil {
		w.panel = make([]float32, blockDepth*w.cols)
	}
	return w.panel
}

// call is one call of a Team and is used again by later ones.
type call struct {
	lead  *Worker
	turn  chan *Worker // gives a waiting call its worker
	steps []stepState
	fault atomic.Pointer[error]
	// helpers is how many are in the call. wanted is how many more it has use
	// for, guarded by the team's mutex.
	helpers atomic.Int32
	wanted  int
	// asleep is how many wait in await for changed, under mu.
	asleep  atomic.Int32
	mu      sync.Mutex
	changed sync.Cond

	product product
}

// stepState counts the parts of a step that were taken and that are done.
type stepState struct {
	Step
	taken, done atomic.Int64
}

func (s *stepState) complete() bool { return int(s.done.Load()) >= s.Parts }

func newCall() *call {
	c := &call{turn: make(chan *Worker, 1)}
	c.changed.L = &c.mu
	return c
}

// prepare copies the steps and returns the largest number of parts. No helper is
// in the call.
func (c *call) prepare(steps []Step) int {
	if cap(c.steps) < len(steps) {
		c.steps = make([]stepState, len(steps))
	}
	c.steps = c.steps[:len(steps)]
	most := 0
	for i, step := range steps {
		s := &c.steps[i]
		s.Step = step
		s.taken.Store(0)
		s.done.Store(0)
		most = max(most, step.Parts)
	}
	return most
}

// finish forgets the tasks and returns the error, or panics where a task did.
func (c *call) finish() error {
	for i := range c.steps {
		c.steps[i].Task = nil
	}
	fault := c.fault.Swap(nil)
	if fault == nil {
		return nil
	}
	if p, ok := (*fault).(taskPanic); ok {
		panic(p)
	}
	return *fault
}

// taskPanic is the panic of a task with the stack where it began.
type taskPanic struct {
	value any
	stack []byte
}

func (p taskPanic) Error() string { return fmt.Sprintf("%v\n\n%s", p.value, p.stack) }

// work goes through the steps. It enters one when all parts of the one before
// are done. A helper leaves early when calls are waiting; the result is whether
// it stayed until all parts were taken.
func (c *call) work(w *Worker, waiting *atomic.Int32) bool {
	for i := range c.steps {
		if i > 0 {
			before := &c.steps[i-1]
			c.await(func() bool { return before.complete() || called(waiting) })
			if !before.complete() {
				return false
			}
		}
		if !c.takeParts(w, &c.steps[i], waiting) {
			return false
		}
	}
	return true
}

// takeParts does parts of a step until all are taken.
func (c *call) takeParts(w *Worker, s *stepState, waiting *atomic.Int32) bool {
	for !called(waiting) {
		part := int(s.taken.Add(1)) - 1
		if part >= s.Parts {
			return true
		}
		if c.fault.Load() == nil {
			if err := do(s.Task, w, part); err != nil {
				c.fault.Store(new(err))
			}
		}
		s.done.Add(1)
		if s.complete() {
			c.wakeAll()
		}
	}
	return false
}

// do makes an error of a panic: on a helper's goroutine nobody could recover it,
// and on the caller's it would leave helpers in a call that has ended.
func do(task Task, w *Worker, part int) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = taskPanic{v, debug.Stack()}
		}
	}()
	return task.Do(w, part)
}

// called says that a helper's worker is wanted elsewhere; a lead has no counter.
func called(waiting *atomic.Int32) bool { return waiting != nil && waiting.Load() > 0 }

// await waits for the others, who are busy with their last parts: it looks out
// for a while, then it sleeps until wakeAll. What makes the condition true is
// followed by wakeAll. At first it does not give way to other goroutines: for a
// goroutine that is locked to its thread that takes longer than most waits.
func (c *call) await(condition func() bool) {
	const stubborn = lookOut / 2
	for start := time.Now(); !condition(); {
		switch waited := time.Since(start); {
		case waited < stubborn:
		case waited < lookOut:
			runtime.Gosched()
		default:
			c.sleep(condition)
		}
	}
}

// sleep waits until the condition is true. Those who sleep wait for different
// things, so that each change wakes all of them: were they given one token each,
// one that is not meant could take another's and leave it asleep for good.
func (c *call) sleep(condition func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asleep.Add(1) // before the condition is looked at: see wakeAll
	for !condition() {
		c.changed.Wait()
	}
	c.asleep.Add(-1)
}

// wakeAll makes those who sleep look at their conditions. It is called after a
// change: who announces himself later than it looks sees the change.
func (c *call) wakeAll() {
	if c.asleep.Load() == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed.Broadcast()
}
