package admission

import (
	"context"
	"errors"
	"sync"
	"time"

	"runx/internal/load"
	"runx/internal/sim"
)

var (
	errRefused = errors.New("refused")
	errDropped = errors.New("dropped")
)

// A server answers requests in real time. What it did is replayed afterwards, so
// that nothing is counted while it is loaded.
type server struct {
	demand   *sim.Demand
	end      time.Duration // of the demand
	requests []sim.Request // of the run
	workers  []worker
	log      load.Log
	pool     *load.Pool // of the run

	ctx context.Context // of the run

	mu      sync.Mutex // guards what follows
	policy  policy
	waiting int
	busy    int

	replay replay
	lag    time.Duration
}

// A worker sleeps until its work would be done if it had always begun at once:
// it makes up for waking late, so that the capacity is the one stated.
type worker struct {
	timer *time.Timer
	until time.Duration
}

// take adds a request to the work.
func (w *worker) take(sent, service time.Duration) { w.until = max(w.until, sent) + service }

func newServer(p *point, admission policy) *server {
	s := &server{
		demand: sim.NewDemand(p.gaps(), p.services(), 0), end: p.end(),
		workers: make([]worker, p.Servers), policy: admission,
	}
	s.replay.objective = milliseconds(p.SLOMS)
	for n := range s.workers {
		s.workers[n].timer = time.NewTimer(time.Hour)
		s.workers[n].timer.Stop()
	}
	return s
}

// run offers the requests and returns when all have ended.
func (s *server) run(ctx context.Context, seed uint64) error {
	s.draw(seed)
	s.ctx = ctx
	s.waiting, s.busy = 0, 0
	if err := s.offer(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.replay.start(s.log.Requests())
	s.lag = 0
	for n := range s.log.Requests() {
		s.lag += s.log.Requests()[n].Lag()
	}
	s.lag /= time.Duration(max(1, len(s.log.Requests())))
	return nil
}

// draw makes the requests that a simulation of the same seed meets until the
// end.
func (s *server) draw(seed uint64) {
	s.demand.Reset(seed)
	s.requests = s.requests[:0]
	r := s.demand.Next()
	for at := r.Gap; at <= s.end; at += r.Gap {
		s.requests = append(s.requests, r)
		r = s.demand.Next()
	}
}

// offer sends the requests to workers, and returns when both are done.
func (s *server) offer() error {
	for n := range s.workers {
		s.workers[n].until = 0
	}
	s.pool = load.NewPool(len(s.workers), len(s.requests), s.serve)
	defer s.pool.Close()
	n := 0
	generator := load.Open{Requests: len(s.requests), Gap: func() time.Duration {
		gap := s.requests[n].Gap
		n++
		return gap
	}}
	return generator.Run(s.ctx, &s.log, s.receive)
}

func (s *server) now() time.Duration { return time.Since(s.log.Epoch()) }

// receive lets a request in, or ends it.
func (s *server) receive(r *load.Request) {
	s.mu.Lock()
	admitted := s.policy.Admit(s.now(), s.waiting+s.busy)
	if admitted {
		s.waiting++
	}
	s.mu.Unlock()
	if !admitted {
		r.End(errRefused)
		return
	}
	s.pool.Send(r)
}

// serve answers a request whose turn has come.
func (s *server) serve(worker int, r *load.Request) error {
	s.mu.Lock()
	s.waiting--
	now := s.now()
	serve := s.policy.Serve(now, now-r.Intended, s.waiting)
	if serve {
		s.busy++
	}
	s.mu.Unlock()
	if !serve {
		return errDropped
	}
	w := &s.workers[worker]
	w.take(r.Sent, s.requests[r.Number].Service)
	err := s.sleep(w.timer, w.until-now)
	s.mu.Lock()
	s.busy--
	now = s.now()
	s.policy.Done(now, now-r.Intended, s.waiting+s.busy)
	s.mu.Unlock()
	return err
}

func (s *server) sleep(timer *time.Timer, d time.Duration) error {
	timer.Reset(d)
	select {
	case <-timer.C:
		return nil
	case <-s.ctx.Done():
		timer.Stop()
		return context.Cause(s.ctx)
	}
}

// A replay goes through the log of a live run again, in the order of time, with
// the accounts of a simulation.
type replay struct {
	objective time.Duration
	requests  []load.Request
	events    sim.Heap
	waiting   int
	busy      int
	stats     sim.Stats
}

// Kinds of events. Their subject is the number of the request.
const (
	came uint32 = iota
	started
	ended
)

func (p *replay) start(requests []load.Request) {
	p.requests, p.waiting, p.busy = requests, 0, 0
	p.stats.Begin(0)
	p.events.Reset()
	for n := range requests {
		r := &requests[n]
		p.events.Push(r.Intended, came, uint32(n))
		if r.Err == nil {
			p.events.Push(r.Started, started, uint32(n))
		}
		p.events.Push(r.Ended, ended, uint32(n))
	}
}

func (p *replay) Stats() *sim.Stats { return &p.stats }

func (p *replay) ResetStats() { p.stats.Begin(p.stats.End) }

func (p *replay) RunUntil(end time.Duration) {
	for at, ok := p.events.Next(); ok && at <= end; at, ok = p.events.Next() {
		p.stats.Hold(at, p.waiting, p.busy)
		e := p.events.Pop()
		p.happen(e.Kind, &p.requests[e.Subject])
	}
	p.stats.Hold(end, p.waiting, p.busy)
}

func (p *replay) happen(kind uint32, r *load.Request) {
	refused := errors.Is(r.Err, errRefused)
	switch {
	case kind == came:
		p.stats.Offered++
		if !refused {
			p.waiting++
		}
	case kind == started:
		p.waiting--
		p.busy++
		p.stats.Wait.Add(r.Wait())
	case refused:
		p.stats.Refused++
	case r.Err != nil:
		p.waiting--
		p.stats.Dropped++
	default:
		p.busy--
		p.stats.Answer(r.Latency(), p.objective)
	}
}
