package runner

import (
	"context"
	"sync"
	"time"
)

// A deadline is a context that is used again for every sample, because making
// one per sample would allocate. It ends when its parent does, or when the time
// that it was armed with has passed. What has ended stays so: what was derived
// from it may learn of the end later, and package context panics where there is
// none by then. So it is replaced ([deadline.renewed]).
type deadline struct {
	context.Context // the parent
	timer           *time.Timer
	release         func() bool

	mu    sync.Mutex
	armed bool
	at    time.Time
	done  chan struct{}
	err   error
}

func newDeadline(parent context.Context) *deadline {
	d := &deadline{Context: parent, done: make(chan struct{})}
	d.timer = time.AfterFunc(time.Hour, d.expire)
	d.timer.Stop()
	d.release = context.AfterFunc(parent, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.end(parent.Err())
	})
	return d
}

// arm lets the context end after limit.
func (d *deadline) arm(limit time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed, d.at = true, time.Now().Add(limit)
	d.timer.Reset(limit)
}

// disarm takes the limit back and reports whether it had passed.
func (d *deadline) disarm() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	late := d.armed && !time.Now().Before(d.at)
	d.armed = false
	d.timer.Stop()
	return late
}

// renewed is the deadline for the next sample: this one, or another one where
// it has ended and its parent has not.
func (d *deadline) renewed() *deadline {
	if d.Err() == nil || d.Context.Err() != nil {
		return d
	}
	d.close()
	return newDeadline(d.Context)
}

// close gives up the timer and the watch on the parent.
func (d *deadline) close() {
	d.timer.Stop()
	d.release()
}

// expire is called by the timer; a call that comes late belongs to a limit
// that has been taken back.
func (d *deadline) expire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.armed && !time.Now().Before(d.at) {
		d.end(context.DeadlineExceeded)
	}
}

// end is called with the lock held.
func (d *deadline) end(err error) {
	if d.err == nil {
		d.err = err
		close(d.done)
	}
}

// Deadline, Done and Err make it a context.
func (d *deadline) Deadline() (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if parent, ok := d.Context.Deadline(); ok && (!d.armed || parent.Before(d.at)) {
		return parent, true
	}
	return d.at, d.armed
}

func (d *deadline) Done() <-chan struct{} { return d.done }

func (d *deadline) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}
