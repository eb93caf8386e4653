package transformer

import (
	"context"
	"math/rand/v2"
	"time"

	"runx/internal/load"
	"runx/internal/sim"
	"runx/workloads"
)

// A server answers requests in batches as they come.
type server struct {
	*instance
	open  load.Open
	log   load.Log
	queue chan *load.Request
	batch []*load.Request // that is filled or served
	sizes []int           // of the batch of each request, by its number
	timer *time.Timer
	// source gives the gaps: those of the repetition, so that servers are
	// compared on the same arrivals.
	source rand.PCG
}

func newServer(i *instance) *server {
	gaps := sim.Poisson{Mean: time.Duration(float64(time.Second) / i.RatePerS)}
	_, high := i.settings.sizes()
	s := &server{
		instance: i,
		queue:    make(chan *load.Request, i.Requests),
		batch:    make([]*load.Request, 0, high),
		sizes:    make([]int, i.Requests),
		timer:    time.NewTimer(time.Hour),
	}
	s.timer.Stop()
	random := rand.New(&s.source)
	s.open = load.Open{Requests: i.Requests, Gap: func() time.Duration { return gaps.Draw(random) }}
	return s
}

// sample lets the requests come, and makes a row of each.
func (s *server) sample(ctx context.Context, r *workloads.Recorder) error {
	s.source.Seed(uint64(s.DemandSeed), uint64(r.Rep()))
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		s.run(ctx, over)
	}()
	err := s.open.Run(ctx, &s.log, func(q *load.Request) { s.queue <- q })
	close(over)
	<-done
	if err != nil {
		return err
	}
	if err := s.log.Err(); err != nil {
		return err
	}
	throughput := s.log.Throughput()
	for n, q := range s.log.Requests() {
		if n > 0 {
			r.Next()
		}
		latency, queued := q.Latency(), q.Started-q.Intended
		r.SetLatency(latency)
		r.Set("queue_ms", milliseconds(queued))
		r.Set("service_ms", milliseconds(latency-queued))
		r.Set("lag_ms", milliseconds(q.Lag()))
		r.Set("batch_size_count", float64(s.sizes[q.Number]))
		r.Set("requests_per_s", throughput)
		s.record(r, s.sizes[q.Number])
	}
	return nil
}

// run serves batches until the sample is over. When the context ends, what is
// queued, and what still comes, gets no answer.
func (s *server) run(ctx context.Context, over <-chan struct{}) {
	for s.fill(ctx, over) {
		for _, q := range s.batch {
			q.Start()
		}
		err := s.serve(len(s.batch))
		for _, q := range s.batch {
			s.sizes[q.Number] = len(s.batch)
			q.End(err)
		}
	}
	cause := context.Cause(ctx)
	for _, q := range s.batch {
		q.End(cause)
	}
	for {
		select {
		case q := <-s.queue:
			q.End(cause)
		case <-over:
			return
		}
	}
}

// fill waits for a request, then for more until the batch is full or the first
// one has waited long enough. What is there already is taken in any case.
func (s *server) fill(ctx context.Context, over <-chan struct{}) bool {
	s.batch = s.batch[:0]
	select {
	case q := <-s.queue:
		s.batch = append(s.batch, q)
	case <-ctx.Done():
		return false
	case <-over:
		return false
	}
	waited := time.Since(s.log.Epoch()) - s.batch[0].Sent
	s.timer.Reset(time.Duration(s.MaxWaitMS*float64(time.Millisecond)) - waited)
	defer s.timer.Stop()
	for len(s.batch) < cap(s.batch) {
		select {
		case q := <-s.queue:
			s.batch = append(s.batch, q)
			continue
		default:
		}
		select {
		case q := <-s.queue:
			s.batch = append(s.batch, q)
		case <-s.timer.C:
			return true
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
