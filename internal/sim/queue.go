package sim

import (
	"errors"
	"time"
)

// An Admission decides which requests a queue serves. Where it needs the time it
// gets it: the same admission works in virtual and in real time. It is called by
// one goroutine at a time.
type Admission interface {
	// Admit tells whether a request may come in that finds present requests
	// waiting or served.
	Admit(now time.Duration, present int) bool
	// Serve tells whether a request is served whose turn comes after it waited,
	// with behind others in the line; otherwise it is dropped.
	Serve(now, waited time.Duration, behind int) bool
	// Done is told of each answer: the sojourn of its request, waiting and
	// service, and how many are present still.
	Done(now, sojourn time.Duration, present int)
}

// Config describes a queue.
type Config struct {
	Servers int
	Gaps    Distribution // between arrivals
	Service Distribution // of one request on one server
	// Admission is nil where all are served.
	Admission Admission
	// Objective is the sojourn up to which an answer is in time.
	Objective time.Duration
}

// A Queue is a line of requests before servers, first come first served, in
// virtual time. In a steady state it allocates nothing.
type Queue struct {
	config Config
	demand *Demand
	coming time.Duration // the service of the request that comes next
	events Heap
	now    time.Duration
	line   line
	served []time.Duration // when the request on each server had come
	idle   []uint32        // servers without a request
	stats  Stats
}

// Kinds of events. The subject of a departure is the server.
const (
	arrival uint32 = iota
	departure
)

// NewQueue returns a queue that is empty at time zero, with the first request one
// gap away.
func NewQueue(c Config, seed uint64) (*Queue, error) {
	if c.Servers < 1 || c.Gaps == nil || c.Service == nil {
		return nil, errors.New("a queue needs a server, gaps and service times")
	}
	q := &Queue{config: c, demand: NewDemand(c.Gaps, c.Service, seed), served: make([]time.Duration, c.Servers)}
	q.Reset(seed)
	return q, nil
}

// Reset takes the queue back to time zero with another seed. The state of the
// admission is the caller's.
func (q *Queue) Reset(seed uint64) {
	q.demand.Reset(seed)
	q.events.Reset()
	q.now = 0
	q.line.reset()
	q.idle = q.idle[:0]
	for s := range q.config.Servers {
		q.idle = append(q.idle, uint32(s))
	}
	q.stats.Begin(0)
	q.expect()
}

// expect schedules the next request.
func (q *Queue) expect() {
	r := q.demand.Next()
	q.coming = r.Service
	q.events.Push(q.now+r.Gap, arrival, 0)
}

// Stats are of the time since the last ResetStats. They change as the queue runs.
func (q *Queue) Stats() *Stats { return &q.stats }

// ResetStats begins to count anew, from the present on. The requests stay.
func (q *Queue) ResetStats() { q.stats.Begin(q.now) }

// Present returns how many requests wait or are served.
func (q *Queue) Present() int { return q.line.len() + q.busy() }

func (q *Queue) busy() int { return len(q.served) - len(q.idle) }

// RunUntil moves the clock to the given time, through all that happens until
// then and at it.
func (q *Queue) RunUntil(end time.Duration) {
	for {
		at, ok := q.events.Next()
		if !ok || at > end {
			break
		}
		q.advance(at)
		q.stats.Events++
		if e := q.events.Pop(); e.Kind == arrival {
			q.arrive()
		} else {
			q.depart(e.Subject)
		}
	}
	q.advance(max(q.now, end))
}

// advance moves the clock while nothing changes.
func (q *Queue) advance(to time.Duration) {
	q.stats.Hold(to, q.line.len(), q.busy())
	q.now = to
}

// arrive takes in the request that has just come and schedules the next one.
func (q *Queue) arrive() {
	r := waiter{came: q.now, service: q.coming}
	q.expect()
	q.stats.Offered++
	if a := q.config.Admission; a != nil && !a.Admit(q.now, q.Present()) {
		q.stats.Refused++
		return
	}
	q.line.push(r)
	q.dispatch()
}

// depart ends the service of a server and gives it the next request.
func (q *Queue) depart(server uint32) {
	sojourn := q.now - q.served[server]
	q.idle = append(q.idle, server)
	q.stats.Answer(sojourn, q.config.Objective)
	if a := q.config.Admission; a != nil {
		a.Done(q.now, sojourn, q.Present())
	}
	q.dispatch()
}

// dispatch gives requests to servers while there are both.
func (q *Queue) dispatch() {
	for len(q.idle) > 0 && q.line.len() > 0 {
		r := q.line.pop()
		waited := q.now - r.came
		if a := q.config.Admission; a != nil && !a.Serve(q.now, waited, q.line.len()) {
			q.stats.Dropped++
			continue
		}
		server := q.idle[len(q.idle)-1]
		q.idle = q.idle[:len(q.idle)-1]
		q.served[server] = r.came
		q.stats.Wait.Add(waited)
		q.events.Push(q.now+r.service, departure, server)
	}
}

// A waiter is a request in the line.
type waiter struct{ came, service time.Duration }

// A line is a ring of the requests that wait.
type line struct {
	ring        []waiter // as long as a power of two
	first, size int
}

func (l *line) len() int { return l.size }

func (l *line) reset() { l.first, l.size = 0, 0 }

func (l *line) push(w waiter) {
	if l.size == len(l.ring) {
		l.grow()
	}
	l.ring[(l.first+l.size)&(len(l.ring)-1)] = w
	l.size++
}

func (l *line) pop() waiter {
	w := l.ring[l.first]
	l.first = (l.first + 1) & (len(l.ring) - 1)
	l.size--
	return w
}

func (l *line) grow() {
	ring := make([]waiter, max(16, 2*len(l.ring)))
	n := copy(ring, l.ring[l.first:])
	copy(ring[n:], l.ring[:l.first])
	l.ring, l.first = ring, 0
}
