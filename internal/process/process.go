// Package process runs a program so that nothing of it is left behind.
//
//  1. [Start] makes the program the leader of a process group of its own, so
//     that it can be killed together with all it starts, and so that Ctrl-C on
//     the terminal reaches this process only.
//  2. [Process.Kill] kills the whole group at once.
//  3. [Process.Wait] waits for the leader, kills what it left running, and
//     reaps it.
//
// On Linux the leader gets SIGTERM when this process dies in whatever way. The
// signal is tied to the thread that started it, so the caller holds
// runtime.LockOSThread from Start to Wait; a Go thread that is not locked may
// end before the process does. Where there are no process groups (Windows) only
// the program itself is killed.
package process

import (
	"errors"
	"os/exec"
	"sync"
)

// A Process is a program that has been started.
type Process struct {
	cmd *exec.Cmd

	mu   sync.Mutex
	over bool // its group is gone, and the number may soon be another's
}

// Start starts the command in a process group of its own.
func Start(cmd *exec.Cmd) (*Process, error) {
	cmd.SysProcAttr = attributes()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Process{cmd: cmd}, nil
}

// Kill kills every process of the group. After the end it does nothing. It may
// be called by any goroutine.
func (p *Process) Kill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return nil
	}
	return killGroup(p.cmd.Process)
}

// Wait is the command's Wait, and no process of the group outlives it.
func (p *Process) Wait() error {
	// The number of a group is not given to others before its leader is
	// reaped, so the rest of the group is killed before that where possible.
	if awaitExit(p.cmd.Process) {
		killed := p.finish()
		return errors.Join(p.cmd.Wait(), killed)
	}
	err := p.cmd.Wait()
	return errors.Join(err, p.finish())
}

func (p *Process) finish() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	return killGroup(p.cmd.Process)
}
