package load

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"
)

// A Request is the record of one request. Times are since the start of the run.
type Request struct {
	// Number counts the requests of a run from 0 in the order in which they were
	// taken up; it is the index in the log.
	Number int
	// Client is who sends it in a closed loop, from 0; 0 in an open one.
	Client int
	// Intended is when it was meant to be sent, Sent when it was.
	Intended, Sent time.Duration
	// Started is when the server began with it, Ended when the answer was there.
	Started, Ended time.Duration
	// Err is why there was no answer.
	Err error

	log     *Log
	answers chan<- struct{} // of the client that waits, nil where none does
}

// Start notes that the server begins with the request.
func (r *Request) Start() { r.Started = r.log.now() }

// End notes that the server is done with the request, which it must not touch
// afterwards. Every request must end exactly once.
func (r *Request) End(err error) {
	r.Ended, r.Err = r.log.now(), err
	if r.answers != nil {
		r.answers <- struct{}{}
	}
	r.log.pending.Done()
}

// Latency is what a client feels: from the intended time to the answer.
func (r *Request) Latency() time.Duration { return r.Ended - r.Intended }

// Wait is the time from the intended time until the server began.
func (r *Request) Wait() time.Duration { return r.Started - r.Intended }

// Service is the time for which the server was busy with the request.
func (r *Request) Service() time.Duration { return r.Ended - r.Started }

// Lag is how much later than intended the generator sent the request: the error
// of the measurement itself. It is a part of Wait.
func (r *Request) Lag() time.Duration { return r.Sent - r.Intended }

// A Log is the requests of one run. It can be used again: a run forgets those
// before it and keeps their memory. The zero value is an empty log.
type Log struct {
	requests []Request
	epoch    time.Time
	pending  sync.WaitGroup
}

// Requests are those that were sent, in order of their numbers. They are valid
// until the next run.
func (l *Log) Requests() []Request { return l.requests }

// Epoch is when the run started.
func (l *Log) Epoch() time.Time { return l.epoch }

// Err says how many requests had no answer, and why the first of them had none;
// nil if all had one.
func (l *Log) Err() error {
	failed := 0
	var first error
	for i := range l.requests {
		if err := l.requests[i].Err; err != nil {
			if failed++; first == nil {
				first = err
			}
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d requests failed: %w", failed, len(l.requests), first)
}

func (l *Log) now() time.Duration { return time.Since(l.epoch) }

// reset makes room for n requests, which the generator writes, and starts the
// clock.
func (l *Log) reset(n int) {
	if cap(l.requests) < n {
		l.requests = make([]Request, n)
	}
	l.requests = l.requests[:n]
	l.epoch = time.Now()
}

// Elapsed is the time from the first intended request to the last answer.
func (l *Log) Elapsed() time.Duration {
	if len(l.requests) == 0 {
		return 0
	}
	last := l.requests[0].Ended
	for i := range l.requests {
		last = max(last, l.requests[i].Ended)
	}
	return last - l.first()
}

// Throughput is the number of answers in a second of Elapsed; requests that
// failed do not count.
func (l *Log) Throughput() float64 {
	answers := 0
	for i := range l.requests {
		if l.requests[i].Err == nil {
			answers++
		}
	}
	elapsed := l.Elapsed().Seconds()
	if elapsed <= 0 {
		return 0
	}
	return float64(answers) / elapsed
}

// InFlight is how many requests were under way on average from one time to a
// later one.
func (l *Log) InFlight(from, to time.Duration) float64 {
	var area time.Duration
	for i := range l.requests {
		r := &l.requests[i]
		area += max(0, min(r.Ended, to)-max(r.Intended, from))
	}
	return area.Seconds() / (to - from).Seconds()
}

// Little holds the middle half of the run to Little's law (J. D. C. Little
// 1961): the requests under way on average are as many as arrive in a second
// times the seconds that each stays. It returns how far the two sides, which
// are counted in different ways, are apart, as a share of the first. They differ
// by what was under way at the ends of the half, the less the more requests
// there are; where they differ by more, the records are wrong or the load was
// not steady. It is 0 where nothing was under way.
func (l *Log) Little() float64 {
	if len(l.requests) == 0 {
		return 0
	}
	quarter := l.Elapsed() / 4
	from := l.first() + quarter
	to := from + 2*quarter
	inFlight := l.InFlight(from, to)
	if !(inFlight > 0) { // nor NaN
		return 0
	}
	var stayed time.Duration
	for i := range l.requests {
		if r := &l.requests[i]; r.Intended >= from && r.Intended < to {
			stayed += r.Latency()
		}
	}
	return math.Abs(stayed.Seconds()/(to-from).Seconds()/inFlight - 1)
}

// first is when the first request was meant to be sent.
func (l *Log) first() time.Duration {
	first := l.requests[0].Intended
	for i := range l.requests {
		first = min(first, l.requests[i].Intended)
	}
	return first
}

// sent forgets the records of the requests that were not sent.
func (l *Log) sent(ctx context.Context, n int) error {
	unsent := n < len(l.requests)
	l.requests = l.requests[:n]
	if unsent {
		return context.Cause(ctx)
	}
	return nil
}
