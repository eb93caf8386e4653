package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"runx/internal/process"
)

const (
	// keptBytes of each output are kept.
	keptBytes = 4 << 20
	// drainGrace bounds the wait for output that a process outside the group
	// still holds open.
	drainGrace = time.Second
	// What a message shows of stderr.
	shownLines, shownBytes = 8, 2048
)

// A run is one execution of the program.
type run struct {
	ctx            context.Context
	cmd            *exec.Cmd
	stdout, stderr capture
}

// prepare does what need not be timed.
func (r *run) prepare(ctx context.Context, argv []string, wantsOutput bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.ctx = ctx
	r.stdout.reset()
	r.stderr.reset()
	r.cmd = exec.Command(argv[0], argv[1:]...)
	r.cmd.Stderr = &r.stderr
	if wantsOutput {
		r.cmd.Stdout = &r.stdout
	}
	r.cmd.WaitDelay = drainGrace
	return r.cmd.Err // the program is not there
}

// perform is what is timed.
func (r *run) perform() error {
	runtime.LockOSThread() // see package process
	defer runtime.UnlockOSThread()
	started, err := process.Start(r.cmd)
	if err != nil {
		return err
	}
	release := context.AfterFunc(r.ctx, func() {
		_ = started.Kill() // what cannot be killed is waited for
	})
	defer release()
	err = started.Wait()
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	return r.explain(err)
}

// explain adds what the program said on stderr.
func (r *run) explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, exec.ErrWaitDelay) && r.cmd.ProcessState.Success() {
		return fmt.Errorf("the program left something running that holds its output open")
	}
	text := strings.TrimSpace(strings.ToValidUTF8(string(r.stderr.end(shownBytes)), "�"))
	if text == "" {
		return fmt.Errorf("the program failed: %w", err)
	}
	lines := strings.Split(text, "\n")
	return fmt.Errorf("the program failed: %w; the end of its stderr:\n%s", err,
		strings.Join(lines[max(0, len(lines)-shownLines):], "\n"))
}

// usage is what the program cost: CPU time in ms and memory in bytes.
func (r *run) usage() (cpu, rss float64) {
	state := r.cmd.ProcessState
	cpu = float64(state.UserTime()+state.SystemTime()) / float64(time.Millisecond)
	rss = maxRSS(state)
	// The kernel counts what the child was before it became the program: a
	// copy of this process, which has not shrunk since.
	if !(rss > peakRSS()) {
		rss = math.NaN()
	}
	return cpu, rss
}

// A capture keeps the end of what is written to it. The zero value is ready.
type capture struct {
	kept    []byte
	dropped int64
}

var _ io.Writer = (*capture)(nil)

func (c *capture) reset() { c.kept, c.dropped = c.kept[:0], 0 }

// Write keeps up to twice what is wanted, so that it seldom has to move it.
func (c *capture) Write(p []byte) (int, error) {
	c.kept = append(c.kept, p...)
	if len(c.kept) >= 2*keptBytes {
		c.drop()
	}
	return len(p), nil
}

func (c *capture) drop() {
	if extra := len(c.kept) - keptBytes; extra > 0 {
		c.kept = append(c.kept[:0], c.kept[extra:]...)
		c.dropped += int64(extra)
	}
}

func (c *capture) bytes() []byte {
	c.drop()
	return c.kept
}

func (c *capture) end(n int) []byte { return c.kept[max(0, len(c.kept)-n):] }

// describe tells how much there is, for a message about what is not in it.
func (c *capture) describe() string {
	if c.dropped > 0 {
		return fmt.Sprintf("the last %d bytes of %d", len(c.kept), c.dropped+int64(len(c.kept)))
	}
	return fmt.Sprintf("%d bytes", len(c.kept))
}
