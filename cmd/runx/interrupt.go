package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interruptible returns a context that ends with the first interrupt; the
// second one ends the program at once. Workers notice that their standard input
// closes, and end as well. The returned function gives the signals back.
func interruptible(ctx context.Context, t *terminal) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-signals:
			}
			if ctx.Err() != nil {
				os.Exit(exitInterrupted)
			}
			t.note("interrupted: %s; once more ends at once", t.underWay())
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}

// underWay says what a first interrupt waits for. A point that is opened in this
// process may take no notice of it.
func (t *terminal) underWay() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.opening {
		return "waiting for a point that is being opened"
	}
	return "ending the current sample"
}
