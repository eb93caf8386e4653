package kernels

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Task is work in independent parts. Do computes part i on the given worker;
// parts run in any order and at the same time. Do must not call the team. A panic
// in Do, on whatever goroutine, becomes one of the call's.
type Task interface {
	Do(w *Worker, i int) error
}

// Step is a Task and how many parts it has.
type Step struct {
	Task  Task
	Parts int
}

// Team is a number of workers that serve any number of callers at once. Run and
// the products may be called from several goroutines: a call waits for a worker,
// first come first served, computes with it on the caller's goroutine, and is
// helped by workers that no other call leads. Whoever computes holds a worker,
// so all calls together never compute on more than Threads threads. Helpers
// leave a call between two parts when another call waits for a worker.
//
// A call in a steady state starts no goroutine and allocates nothing. A helper
// that has nothing to do looks out for the next call for some 50 µs, so that a
// row of short products keeps its threads, and sleeps after that. This costs
// each thread but the caller's so much processor time after the last call.
//
// Besides the scratch memory of the workers, some 300 KB each, a Team keeps a
// buffer of up to 8 MiB for packed factors for each product that was ever under
// way at the same time.
type Team struct {
	set     *Set
	threads int
	gemvs   gemvCalls
	wake    chan struct{} // one token wakes one sleeping helper

	// waiting is len(queue) for helpers in a call, wanted how many helpers the
	// active calls want for those that look out.
	waiting, wanted atomic.Int32

	mu     sync.Mutex
	closed bool
	free   []*Worker // nobody computes with them; empty while a call waits
	queue  []*call   // calls that wait for a worker, the first first
	active []*call   // calls that helpers may join
	idle   []*call   // to be used again
	// buffers are memory for packed factors, the one given back last at the end.
	buffers            [][]float32
	sleeping, spinning int // helpers that wait for a token, that look out
}

// lookOut is how long somebody looks out for what is about to happen before it
// sleeps. Waking up takes 5 to 50 µs, about what a product of 128³ takes.
const lookOut = 50 * time.Microsecond

// NewTeam returns a team of so many threads, at least 1, that computes with
// set. Close ends its goroutines.
func NewTeam(set *Set, threads int) *Team {
	threads = max(threads, 1)
	t := &Team{set: set, threads: threads, wake: make(chan struct{}, threads)}
	for i := range threads {
		t.free = append(t.free, newWorker(set, i))
	}
	for range threads - 1 {
		go t.serve()
	}
	return t
}

// Set is what the team computes with.
func (t *Team) Set() *Set { return t.set }

// Threads is the number of workers.
func (t *Team) Threads() int { return t.threads }

// Close ends the helpers' goroutines once they have left the calls they are in.
// Calls still work afterwards, each on the caller's goroutine alone. Close must
// not be called twice.
func (t *Team) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	close(t.wake)
}

// Run does the steps one after the other, the parts of each in any order, and
// returns one of their errors; after an error parts not yet begun are left out.
func (t *Team) Run(steps ...Step) error {
	c := t.begin()
	defer t.end(c)
	return t.run(c, steps...)
}

// begin waits for a worker to lead a call.
func (t *Team) begin() *call {
	t.mu.Lock()
	c, ok := pop(&t.idle)
	if !ok {
		c = newCall()
	}
	c.lead, ok = pop(&t.free)
	if ok {
		t.mu.Unlock()
		return c
	}
	t.queue = append(t.queue, c)
	t.waiting.Store(int32(len(t.queue)))
	for _, other := range t.active {
		other.wakeAll() // its helpers
	}
	t.mu.Unlock()
	c.lead = <-c.turn
	return c
}

// end gives back what begin took.
func (t *Team) end(c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.release(c.lead)
	c.lead = nil
	t.idle = append(t.idle, c)
	t.wakeHelpers()
}

// takeBuffer returns memory for n elements at least.
func (t *Team) takeBuffer(n int) []float32 {
	t.mu.Lock()
	buffer, _ := pop(&t.buffers)
	t.mu.Unlock()
	if len(buffer) < n {
		return make([]float32, n) // takes milliseconds, which others do not wait for
	}
	return buffer
}

func (t *Team) giveBuffer(buffer []float32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buffers = append(t.buffers, buffer)
}

// release gives w to the call that has waited longest, if any. t.mu is held.
func (t *Team) release(w *Worker) {
	if len(t.queue) == 0 {
		t.free = append(t.free, w)
		return
	}
	t.queue[0].turn <- w
	t.queue = slices.Delete(t.queue, 0, 1)
	t.waiting.Store(int32(len(t.queue)))
}

// run does the steps on the lead's worker and on those of helpers.
func (t *Team) run(c *call, steps ...Step) error {
	parts := c.prepare(steps)
	if helpers := min(parts, t.threads) - 1; helpers > 0 {
		t.mu.Lock()
		t.active = append(t.active, c)
		t.want(c, helpers)
		t.wakeHelpers()
		t.mu.Unlock()
	}
	c.work(c.lead, nil)
	t.disband(c)
	return c.finish()
}

// disband waits until the call's helpers have left.
func (t *Team) disband(c *call) {
	t.mu.Lock()
	if i := slices.Index(t.active, c); i >= 0 {
		t.want(c, 0)
		t.active = slices.Delete(t.active, i, i+1)
	}
	t.mu.Unlock()
	c.await(func() bool { return c.helpers.Load() == 0 })
}

// want sets how many more helpers an active call has use for. t.mu is held.
func (t *Team) want(c *call, helpers int) {
	t.wanted.Add(int32(helpers - c.wanted))
	c.wanted = helpers
}

// wakeHelpers wakes as many as have a worker and a call that wants them. t.mu is
// held.
func (t *Team) wakeHelpers() {
	for n := min(int(t.wanted.Load()), len(t.free)) - t.spinning; n > 0 && t.sleeping > 0 && !t.closed; n-- {
		t.sleeping--
		t.wake <- struct{}{}
	}
}

// serve is the life of a helper.
func (t *Team) serve() {
	worked := false
	for {
		c, w := t.join(worked)
		if c == nil {
			return
		}
		t.leave(c, w, c.work(w, &t.waiting))
		worked = true
	}
}

// join returns a call to help and the worker to do it with, nil when the team is
// closed. One that has just worked looks out for a while before it sleeps.
func (t *Team) join(worked bool) (*call, *Worker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for start := time.Now(); !t.closed; {
		if c, w := t.match(); c != nil {
			return c, w
		}
		if worked && t.spinning < len(t.free) && time.Since(start) < lookOut {
			t.spinning++
			t.mu.Unlock()
			for t.wanted.Load() == 0 && time.Since(start) < lookOut {
				runtime.Gosched()
			}
			t.mu.Lock()
			t.spinning--
			continue
		}
		t.sleeping++
		t.mu.Unlock()
		<-t.wake
		t.mu.Lock()
	}
	return nil, nil
}

// match takes a free worker for the active call that has the fewest helpers.
// t.mu is held.
func (t *Team) match() (*call, *Worker) {
	var best *call
	for _, c := range t.active {
		if c.wanted > 0 && (best == nil || c.helpers.Load() < best.helpers.Load()) {
			best = c
		}
	}
	if best == nil {
		return nil, nil
	}
	w, ok := pop(&t.free)
	if !ok {
		return nil, nil
	}
	t.want(best, best.wanted-1)
	best.helpers.Add(1)
	return best, w
}

// leave gives the helper's worker back. A call whose parts are all taken wants
// no further help, nor does one that is no longer active.
func (t *Team) leave(c *call, w *Worker, finished bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case finished:
		t.want(c, 0)
	case slices.Contains(t.active, c):
		t.want(c, c.wanted+1)
	}
	c.helpers.Add(-1)
	c.wakeAll()
	t.release(w)
}
