// Package process runs a program so that nothing of it is left behind.
//
//  1. [Prepare] makes the command the leader of a process group of its own, so
//     that it can be killed together with all it starts, and so that Ctrl-C on
//     the terminal reaches this process only.
//  2. The caller starts it.
//  3. [Kill] kills the whole group at once.
//  4. [Wait] waits for the leader, kills what it left running, and reaps it.
//
// On Linux the leader gets a signal when this process dies in whatever way.
// That signal is tied to the thread that started it, so the caller holds
// runtime.LockOSThread from Start to Wait; a Go thread that is not locked may
// end before the process does. Where there are no process groups (Windows) only
// the program itself is killed.
package process
