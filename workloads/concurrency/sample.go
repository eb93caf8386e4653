package concurrency

import (
	"context"
	"math"
	"time"

	"runx/internal/load"
	"runx/workloads"
)

// Sample puts the servers under the load once and records each request.
func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var g generator = load.Closed{Clients: i.Clients, Requests: i.Requests}
	if i.Loop == open {
		g = i.openLoop()
	}
	for _, s := range i.servers {
		s.usage(new(usage)) // since the last repetition, as Verify has
	}
	var used usage
	var tainted string
	err := i.withThreads(func() (err error) {
		used, tainted, err = i.meter.during(func() error { return i.offer(ctx, g, r.Rep()*i.Requests) })
		return err
	})
	if err != nil {
		return err
	}
	for _, s := range i.servers {
		s.usage(&used)
	}
	if i.shared != nil {
		used.memoryBytes += float64(i.shared.model.Bytes())
	}
	return i.record(r, used, tainted)
}

// A generator is either loop of package load.
type generator interface {
	Run(ctx context.Context, l *load.Log, send func(*load.Request)) error
}

// offer lets the generator send to the servers, with numbers from first on. Every
// server takes the request that has waited longest.
func (i *instance) offer(ctx context.Context, g generator, first int) error {
	pool := load.NewPool(len(i.servers), i.Requests, func(server int, r *load.Request) error {
		var err error
		i.answers[r.Number], err = i.servers[server].serve(ctx, first+r.Number)
		return err
	})
	err := g.Run(ctx, &i.log, pool.Send)
	pool.Close()
	if err != nil {
		return err
	}
	return i.log.Err()
}

// openLoop is the load of an open point: arrivals that do not know of each other.
func (i *instance) openLoop() load.Open {
	return load.Open{
		Requests: i.Requests,
		Gap:      func() time.Duration { return time.Duration(i.gaps.ExpFloat64() / i.rate * float64(time.Second)) },
		Sleep:    load.SystemSleep,
		Spin:     time.Duration(i.SpinUS * float64(time.Microsecond)),
	}
}

// findRate settles the rate of the open loop. What the servers manage is measured
// with a request waiting for each of them, so that none is ever idle, and for long
// enough that a pause of the system does not decide.
func (i *instance) findRate(ctx context.Context) error {
	switch {
	case i.Loop == closed:
		return nil
	case i.RatePerS > 0:
		i.rate = i.RatePerS
		return nil
	}
	const enough = 600 * time.Millisecond
	all := load.Closed{Clients: 2 * len(i.servers), Requests: i.Requests}
	answers := 0
	var spent time.Duration
	for start := time.Now(); time.Since(start) < enough; {
		if err := i.offer(ctx, all, 0); err != nil {
			return err
		}
		answers += len(i.log.Requests())
		spent += i.log.Elapsed()
	}
	i.rate = i.Load * float64(answers) / spent.Seconds()
	return nil
}

// record makes a row of each request.
func (i *instance) record(r *workloads.Recorder, used usage, tainted string) error {
	c := i.meter.columns
	requests := i.log.Requests()
	n := float64(len(requests))
	values := make([]float64, c.width)
	for column := range values {
		values[column] = math.NaN()
	}
	values[c.ops] = 1
	values[c.throughput] = i.log.Throughput()
	values[c.little] = i.log.Little()
	values[c.cores] = i.cores
	values[c.memory], values[c.rss], values[c.steal] = used.memoryBytes, used.rssBytes, used.steal
	for at, column := range c.summed {
		values[column] = used.summed[at] / n
	}
	if i.Loop == open {
		values[c.offered] = i.rate
	}
	for at := range requests {
		request := &requests[at]
		values[c.latency] = milliseconds(request.Latency())
		values[c.queue] = milliseconds(request.Wait())
		values[c.service] = milliseconds(request.Service())
		values[c.lag] = milliseconds(request.Lag())
		values[c.answer] = float64(i.answers[request.Number])
		row := workloads.Row{
			StartedAt: i.log.Epoch().Add(request.Intended).UnixMicro(),
			Values:    values,
			Tainted:   tainted,
		}
		if err := r.Append(row); err != nil {
			return err
		}
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
