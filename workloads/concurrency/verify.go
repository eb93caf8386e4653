package concurrency

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Verify holds the answers that all servers give at the same time to those that a
// thread of this process gives alone: the last logits must be the same, bit for
// bit, whoever serves.
func (i *instance) Verify(ctx context.Context) error {
	want, err := i.answersAlone(ctx)
	if err != nil {
		return fmt.Errorf("answer alone: %w", err)
	}
	return i.withThreads(func() error { return i.compareAll(ctx, want) })
}

// compareAll lets all servers answer at once.
func (i *instance) compareAll(ctx context.Context, want [prompts]uint32) error {
	errs := make([]error, len(i.servers))
	var wait sync.WaitGroup
	for n, s := range i.servers {
		wait.Go(func() { errs[n] = compare(ctx, s, want) })
	}
	wait.Wait()
	for n, err := range errs {
		if err != nil {
			return fmt.Errorf("server %d of %d: %w", n, len(errs), err)
		}
	}
	return nil
}

// answersAlone are the checksums of the answers to each prompt where nothing else
// is served.
func (i *instance) answersAlone(ctx context.Context) (want [prompts]uint32, err error) {
	sh := i.shared
	if sh == nil {
		if sh, err = newShared(&i.setup, i.seed); err != nil {
			return want, err
		}
	}
	alone, err := newThread(&i.setup, sh)
	if err != nil {
		return want, err
	}
	for number := range want {
		if want[number], err = alone.serve(ctx, number); err != nil {
			break
		}
	}
	return want, errors.Join(err, alone.close())
}

// compare lets the server answer each prompt.
func compare(ctx context.Context, s server, want [prompts]uint32) error {
	for number := range want {
		got, err := s.serve(ctx, number)
		if err != nil {
			return err
		}
		if got != want[number] {
			return fmt.Errorf("the answer to prompt %d is not the one that a thread gives alone", number)
		}
	}
	return nil
}
