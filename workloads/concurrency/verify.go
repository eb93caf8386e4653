package concurrency

import (
	"context"
	"fmt"
	"sync"

	"runx/workloads"
)

// Verify holds the answers that all servers give at the same time to those that
// one gives alone: all logits must be the same, bit for bit. A process verifies
// itself, all at the same time.
func (i *instance) Verify(ctx context.Context) error {
	if i.Execution == processes {
		return i.atOnce(func(s server) error {
			if v, ok := s.(*process).instance.(workloads.Verifier); ok {
				return v.Verify(ctx)
			}
			return nil
		})
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
	return i.atOnce(func(s server) error {
		for number, answer := range want {
			if err := s.serve(ctx, number); err != nil {
				return err
			}
			if s.(*thread).answer != answer {
				return fmt.Errorf("the answer to request %d is not the one that is given where nothing else is served", number)
			}
		}
		return nil
	})
}

func (i *instance) hash(on bool) {
	for _, s := range i.servers {
		s.(*thread).hashes = on
	}
}

// atOnce does the same with all servers at the same time, and returns the error of
// the first that has one.
func (i *instance) atOnce(do func(server) error) error {
	errs := make([]error, len(i.servers))
	var wait sync.WaitGroup
	for n, s := range i.servers {
		wait.Go(func() { errs[n] = do(s) })
	}
	wait.Wait()
	for n, err := range errs {
		if err != nil {
			return fmt.Errorf("server %d of %d: %w", n, len(errs), err)
		}
	}
	return nil
}
