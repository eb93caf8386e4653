package kernels

import (
	"sync/atomic"
	"testing"
	"time"
)

// One who waits for something else does not take the awakening of another who
// has looked at his condition but not gone to sleep yet: a thread that the system
// takes away right there, which takes a busy machine.
func TestAwakeningIsNotTakenByAnother(t *testing.T) {
	t.Parallel()
	c := newCall()
	var mine, others atomic.Bool
	looked, delay := make(chan struct{}), make(chan struct{})
	ended := make(chan string, 2)
	var delayed atomic.Bool
	go func() {
		c.await(func() bool {
			result := mine.Load()
			if c.asleep.Load() > 0 && delayed.CompareAndSwap(false, true) {
				close(looked)
				<-delay
			}
			return result
		})
		ended <- "the one that is delayed"
	}()
	<-looked
	mine.Store(true)
	go c.wakeAll()
	go func() {
		c.await(others.Load)
		ended <- "the other"
	}()
	time.Sleep(20 * time.Millisecond) // for the other to go to sleep
	close(delay)
	patience := time.After(time.Minute)
	select {
	case who := <-ended:
		if who != "the one that is delayed" {
			t.Fatal("the other ended before its time")
		}
	case <-patience:
		t.Fatal("nobody wakes the one whose condition is true")
	}
	others.Store(true)
	c.wakeAll()
	select {
	case <-ended:
	case <-patience:
		t.Fatal("nobody wakes the other")
	}
}
