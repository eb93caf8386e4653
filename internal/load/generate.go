package load

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Closed is a closed loop: as many requests are under way as there are clients,
// and a slow server gets fewer requests.
type Closed struct {
	// Clients is how many there are, at least 1.
	Clients int
	// Requests is how many they send together, at least 0: who has an answer
	// takes the next number.
	Requests int
}

// Run sends the requests and returns when the last one that was sent has ended.
// Each client calls send in a goroutine of its own, in which send may serve the
// request and end it, or hand it on. When the context ends no more are sent, and
// Run returns its cause. That requests failed is in the log, and no error.
func (c Closed) Run(ctx context.Context, l *Log, send func(*Request)) error {
	if c.Clients < 1 || c.Requests < 0 {
		return fmt.Errorf("a closed loop of %d clients cannot send %d requests", c.Clients, c.Requests)
	}
	l.reset(c.Requests)
	var next atomic.Int64
	var clients sync.WaitGroup
	for client := range c.Clients {
		clients.Go(func() {
			answers := make(chan struct{}, 1)
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= c.Requests {
					return
				}
				r := &l.requests[n]
				now := l.now()
				*r = Request{Number: n, Client: client, Intended: now, Sent: now, log: l, answers: answers}
				l.pending.Add(1)
				send(r)
				<-answers
			}
		})
	}
	clients.Wait()
	l.pending.Wait()
	return l.sent(ctx, min(int(next.Load()), c.Requests))
}

// Open is an open loop: requests are sent at times that do not depend on the
// answers, so that a server that is too slow gets a queue.
type Open struct {
	// Requests is how many are sent, at least 0.
	Requests int
	// Gap is the time from one request to the next, and before the first one.
	// It is asked for all gaps before the run starts.
	Gap func() time.Duration
	// Sleep sleeps for the last [lastSleep] before a request, which the timers of
	// Go end up to 1 ms late on Linux where nothing else runs; nil is such a timer.
	// [SystemSleep] is for a load in real time.
	Sleep func(time.Duration)
	// Spin is the last stretch before a request in which the generator looks at
	// the clock again and again instead of sleeping. A sleep of the system ends
	// some 0.1 ms late, and later on a busy machine; spinning ends within a
	// microsecond, but takes a core from the server all the while. Zero only
	// sleeps, and the lag is in the log.
	Spin time.Duration
}

// lastSleep bounds how long Sleep may take: it does not hear of the context's
// end. It is more than a timer is late.
const lastSleep = 2 * time.Millisecond

// Run sends the requests and returns when the last one that was sent has ended.
// It calls send from the caller's goroutine; send must hand the request on and
// return at once. When the context ends no more are sent, and Run returns its
// cause. That requests failed is in the log, and no error.
func (o Open) Run(ctx context.Context, l *Log, send func(*Request)) error {
	if o.Requests < 0 || o.Gap == nil {
		return errors.New("an open loop needs gaps and a number of requests")
	}
	l.reset(o.Requests)
	var at time.Duration
	for n := range l.requests {
		at += max(o.Gap(), 0)
		l.requests[n] = Request{Number: n, Intended: at, log: l}
	}
	l.epoch = time.Now()
	clock := time.NewTimer(0)
	defer clock.Stop()
	sent := 0
	for ; sent < len(l.requests); sent++ {
		r := &l.requests[sent]
		if !o.await(ctx, l, clock, r.Intended) {
			break
		}
		r.Sent = l.now()
		l.pending.Add(1)
		send(r)
	}
	l.pending.Wait()
	return l.sent(ctx, sent)
}

// await returns at the time, or false when the context ends before.
func (o Open) await(ctx context.Context, l *Log, clock *time.Timer, at time.Duration) bool {
	early := o.Spin
	if o.Sleep != nil {
		early += lastSleep
	}
	if left := at - l.now() - early; left > 0 {
		clock.Reset(left)
		select {
		case <-ctx.Done():
			return false
		case <-clock.C:
		}
	}
	if left := at - l.now() - o.Spin; left > 0 && o.Sleep != nil {
		o.Sleep(left)
	}
	for l.now() < at && ctx.Err() == nil {
		runtime.Gosched()
	}
	return ctx.Err() == nil
}

// A Pool is a server of a number of workers behind one queue, first come first
// served. The queue has no bound but the number of requests of a run.
type Pool struct {
	queue   chan *Request
	workers sync.WaitGroup
}

// NewPool starts the workers. Room is how many requests may wait: a Send beyond
// that blocks, so for an open loop it is at least the requests of a run. Serve
// answers one request as the given worker, numbered from 0; it is called by one
// goroutine for each worker.
func NewPool(workers, room int, serve func(worker int, r *Request) error) *Pool {
	p := &Pool{queue: make(chan *Request, room)}
	for w := range workers {
		p.workers.Go(func() {
			for r := range p.queue {
				r.Start()
				r.End(serve(w, r))
			}
		})
	}
	return p
}

// Send queues a request.
func (p *Pool) Send(r *Request) { p.queue <- r }

// Close ends the workers when the queue is empty. Nothing may be sent any more.
func (p *Pool) Close() {
	close(p.queue)
	p.workers.Wait()
}
