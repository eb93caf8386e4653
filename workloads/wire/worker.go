package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"sync"
	"time"

	"runx/internal/process"
	"runx/workloads"
)

// ErrDead is wrapped by every error after which the worker is of no more use:
// it died, was killed, or broke the protocol. A fresh Dial is the cure.
var ErrDead = errors.New("the worker is gone")

// deadError says how a worker came to its end.
type deadError struct {
	text  string
	cause error
}

func (e *deadError) Error() string        { return e.text }
func (e *deadError) Unwrap() error        { return e.cause }
func (e *deadError) Is(target error) bool { return target == ErrDead }

// violation is what a worker did against the protocol.
type violation struct{ text string }

func (v *violation) Error() string { return v.text }

func violated(format string, args ...any) error {
	return &violation{fmt.Sprintf(format, args...)}
}

// A Worker is a process that hosts workloads. Its methods and those of its
// instances may be called by several goroutines; the worker serves one request
// at a time.
type Worker struct {
	name         string // the command, for messages
	helloTimeout time.Duration
	endGrace     time.Duration
	workloads    []workloads.Workload

	process *process.Process
	stdin   *os.File
	stdout  *os.File
	tail    tail
	exited  chan struct{} // closed when the process has been reaped
	exitErr error         // how; valid then

	mu           sync.Mutex // one request at a time; guards what follows
	replies      *lineReader
	greeting     *request // the hello that is not answered yet; nil afterwards
	greeted      bool     // the hello has been sent
	lastID       int64
	lastInstance int64
	launch       *launch // what the first open is told; nil afterwards
	dead         error
}

// Workloads returns what the worker can measure. Open on one of them opens an
// instance over there, which is also a [workloads.Verifier] and a
// [workloads.MultiSampler].
func (w *Worker) Workloads() []workloads.Workload { return slices.Clone(w.workloads) }

// Alive reports whether the worker can still be asked. It does not find out
// whether it would answer.
func (w *Worker) Alive() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.exited:
		return false
	default:
		return w.dead == nil
	}
}

// Close lets the worker end by itself, kills it if it does not within two
// seconds, and waits for it. The error is that of a worker that ended badly,
// unless a request has returned it before. It is idempotent.
func (w *Worker) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead != nil {
		return nil
	}
	polite := w.end(w.endGrace)
	w.dead = w.obituary("was closed", nil)
	if !polite {
		return w.obituary(fmt.Sprintf("did not end within %v of the end of its input and was killed", w.endGrace), nil)
	}
	if w.exitErr != nil {
		return w.obituary("ended badly", w.exitErr)
	}
	return nil
}

// Kill ends the worker and all processes of its group at once, and waits. A
// request in progress returns an error. It is idempotent.
func (w *Worker) Kill() error {
	w.end(0)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead == nil {
		w.dead = w.obituary("was killed", nil)
	}
	return nil
}

// end closes the worker's input, gives it some time, and kills its group. It
// reports whether the worker ended by itself. Afterwards the process has been
// reaped, and reading its output does not block. It needs no lock.
func (w *Worker) end(grace time.Duration) (polite bool) {
	// A second close is an error that tells nothing.
	_ = w.stdin.Close()
	polite = w.exitsWithin(grace)
	if !polite {
		_ = w.process.Kill() // what cannot be killed is waited for below
		<-w.exited
	}
	_ = w.stdout.Close()
	return polite
}

func (w *Worker) exitsWithin(grace time.Duration) bool {
	if grace == 0 {
		return false
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-w.exited:
		return true
	case <-timer.C:
		return false
	}
}

func (w *Worker) obituary(what string, cause error) *deadError {
	e := &deadError{text: fmt.Sprintf("worker %q %s", w.name, what), cause: cause}
	if cause != nil {
		e.text += ": " + cause.Error()
	}
	if last := w.tail.String(); last != "" {
		e.text += "; the end of its stderr:\n" + last
	}
	return e
}

// describe asks what the worker can measure.
func (w *Worker) describe(ctx context.Context) error {
	hello, err := w.call(ctx, nil, nil)
	if err != nil {
		return err
	}
	w.adopt(hello.Workloads)
	seen := map[string]bool{}
	for _, d := range w.workloads {
		err := d.Validate()
		if err == nil && seen[d.Name] {
			err = fmt.Errorf("workload %q is there twice", d.Name)
		}
		if err != nil {
			return fmt.Errorf("worker %q describes a workload badly: %w", w.name, err)
		}
		seen[d.Name] = true
	}
	if len(seen) == 0 {
		return fmt.Errorf("worker %q knows no workload", w.name)
	}
	return nil
}

// call sends a request and returns its last answer, after having given all of
// them to each, if there is one. Without a request, it is the hello that is
// sent and its answer that is returned. The hello travels together with the
// first request, so that the worker finds both when it has started.
func (w *Worker) call(ctx context.Context, q *request, each func(*answer) error) (*answer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead != nil {
		return nil, w.dead
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if q != nil {
		w.lastID++
		q.ID = w.lastID
	}
	release := context.AfterFunc(ctx, func() { w.end(cancelGrace) })
	a, err := w.exchange(q, each)
	_, survived := errors.AsType[*RemoteError](err)
	switch cancelled := !release(); {
	case cancelled && err == nil:
		w.dead = w.diagnose(ctx, nil) // too late for this answer, which is good
	case cancelled || err != nil && !survived:
		w.dead = w.diagnose(ctx, err)
		return nil, w.dead
	}
	return a, err
}

// diagnose ends a worker with which an exchange failed, and says why it did.
func (w *Worker) diagnose(ctx context.Context, err error) error {
	v, broke := errors.AsType[*violation](err)
	// A worker that has ended its output is about to end, and says why. On a busy
	// machine that may take a while.
	grace := w.endGrace
	if broke || ctx.Err() != nil {
		grace = cancelGrace
	}
	polite := w.end(grace)
	switch {
	case ctx.Err() != nil:
		return w.obituary("was ended", context.Cause(ctx))
	case broke:
		return w.obituary("broke the protocol", v)
	case polite && w.exitErr == nil:
		return w.obituary("died: it exited with status 0", nil)
	case polite:
		return w.obituary("died", w.exitErr)
	}
	return w.obituary("stopped answering", err)
}

func (w *Worker) exchange(q *request, each func(*answer) error) (*answer, error) {
	if err := w.send(q); err != nil {
		return nil, err
	}
	if w.greeting != nil {
		hello, err := w.receiveHello()
		if err != nil || q == nil {
			return hello, err
		}
	}
	for {
		a, err := w.receive(q.ID)
		if err != nil {
			return nil, err
		}
		if each != nil {
			err = each(a)
		} else if a.More {
			err = violated("it announced more to a request that has one answer")
		}
		if err != nil || !a.More {
			return a, err
		}
	}
}

func (w *Worker) send(q *request) error {
	var message []byte
	for _, q := range []*request{w.unsentGreeting(), q} {
		if q == nil {
			continue
		}
		line, err := json.Marshal(q)
		if err != nil {
			return &RemoteError{Invalid, fmt.Sprintf("encode a request: %v", err)}
		}
		message = append(append(message, line...), '\n')
	}
	w.greeted = true
	_, err := w.stdin.Write(message)
	return err
}

func (w *Worker) unsentGreeting() *request {
	if w.greeted {
		return nil
	}
	return w.greeting
}

// receiveHello reads the first answer of all.
func (w *Worker) receiveHello() (*answer, error) {
	silent := time.AfterFunc(w.helloTimeout, func() { w.end(0) })
	a, err := w.receive(w.greeting.ID)
	if !silent.Stop() {
		return nil, violated("it did not say hello within %v", w.helloTimeout)
	}
	if remote, ok := errors.AsType[*RemoteError](err); ok {
		return nil, violated("it refused the hello: %v", remote)
	}
	if err != nil {
		return nil, err
	}
	if a.Version != Version {
		return nil, violated("it speaks version %d, this program speaks version %d", a.Version, Version)
	}
	w.greeting = nil
	return a, nil
}

// receive reads one reply to the request of that id.
func (w *Worker) receive(id int64) (*answer, error) {
	line, err := w.replies.next()
	if errors.Is(err, errTooLong) {
		return nil, violated("%v", err)
	}
	if err != nil {
		return nil, err
	}
	return parseReply(line, id)
}

// whyNoJSON says why a line is no JSON. Python writes numbers that JSON has not.
func whyNoJSON(line []byte, err error) string {
	// Compiled here: every worker starts with this package, and few break.
	number := regexp.MustCompile(`[\[,:]\s*-?(NaN|Infinity)\s*[,\]}]`)
	if m := number.FindSubmatch(line); m != nil {
		return fmt.Sprintf("JSON has no %s: write null", m[1])
	}
	return err.Error()
}

func parseReply(line []byte, id int64) (*answer, error) {
	var r reply
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, violated("its stdout is not protocol (%s): %s", whyNoJSON(line, err), shorten(string(line)))
	}
	switch {
	case (r.OK == nil) == (r.Error == nil):
		return nil, violated("a reply needs either ok or error: %s", shorten(string(line)))
	case r.ID != id:
		return nil, violated("it replied to request %d instead of %d", r.ID, id)
	case r.Error != nil:
		return nil, r.Error
	}
	return r.OK, nil
}
