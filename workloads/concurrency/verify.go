package concurrency

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"runx/internal/load"
	"runx/workloads"
)

// Verify holds the answers that the servers give at the same time to those that
// one gives alone: all logits must be the same, bit for bit. A process verifies
// itself, all at the same time.
func (i *instance) Verify(ctx context.Context) error {
	if i.Execution == processes {
		return i.verifyProcesses(ctx)
	}
	i.hash(true)
	defer i.hash(false)
	first := i.servers[0].(*thread)
	var want [prompts]uint64
	for number := range want {
		if err := first.serve(ctx, number); err != nil {
			return err
		}
		want[number] = first.answer
	}
	return i.compare(ctx, want)
}

func (i *instance) hash(on bool) {
	for _, s := range i.servers {
		s.(*thread).hashes = on
	}
}

// compare sends every request while all servers are busy.
func (i *instance) compare(ctx context.Context, want [prompts]uint64) error {
	var wrong atomic.Int64
	requests := max(prompts, 2*len(i.servers))
	pool := load.NewPool(len(i.servers), requests, func(server int, r *load.Request) error {
		s := i.servers[server].(*thread)
		err := s.serve(ctx, r.Number)
		if err == nil && s.answer != want[r.Number%prompts] {
			wrong.Add(1)
		}
		return err
	})
	err := load.Closed{Clients: len(i.servers), Requests: requests}.Run(ctx, &i.log, pool.Send)
	pool.Close()
	if err != nil {
		return err
	}
	if err := i.log.Err(); err != nil {
		return err
	}
	if n := wrong.Load(); n > 0 {
		return fmt.Errorf("%d of %d answers of %d servers at once differ from those of one alone", n, requests, len(i.servers))
	}
	return nil
}

func (i *instance) verifyProcesses(ctx context.Context) error {
	errs := make([]error, len(i.servers))
	var wait sync.WaitGroup
	for n, s := range i.servers {
		verifier, ok := s.(*process).instance.(workloads.Verifier)
		if !ok {
			continue
		}
		wait.Go(func() { errs[n] = verifier.Verify(ctx) })
	}
	wait.Wait()
	for n, err := range errs {
		if err != nil {
			return fmt.Errorf("server %d: %w", n, err)
		}
	}
	return nil
}
