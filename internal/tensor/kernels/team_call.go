package kernels

import (
	"runtime"
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

	product product
	packed  []float32
}

// stepState counts the parts of a step that were taken and that are done.
type stepState struct {
	Step
	taken, done atomic.Int64
}

// prepare copies the steps and returns the largest number of parts. No helper is
// in the call.
func (c *call) prepare(steps []Step) int {
	if cap(c.steps) < len(steps) {
		c.steps = make([]stepState, len(steps))
	}
	c.steps = c.steps[:len(steps)]
	c.fault.Store(nil)
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

// finish forgets the tasks and returns the error.
func (c *call) finish() error {
	for i := range c.steps {
		c.steps[i].Task = nil
	}
	if fault := c.fault.Load(); fault != nil {
		return *fault
	}
	return nil
}

// work goes through the steps. It enters one when all parts of the one before
// are done. A helper leaves early when calls are waiting; the result is whether
// it stayed until all parts were taken.
func (c *call) work(w *Worker, waiting *atomic.Int32) bool {
	for i := range c.steps {
		if i > 0 {
			before := &c.steps[i-1]
			for p := (patience{}); int(before.done.Load()) < before.Parts; {
				if called(waiting) {
					return false
				}
				p.wait()
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
			if err := s.Task.Do(w, part); err != nil {
				c.fault.Store(new(err))
			}
		}
		s.done.Add(1)
	}
	return false
}

// called says that a helper's worker is wanted elsewhere; a lead has no counter.
func called(waiting *atomic.Int32) bool { return waiting != nil && waiting.Load() > 0 }

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
