package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// SystemSleep sleeps in the system, which wakes the thread some 0.1 ms late. The
// timers of Go wait in whole milliseconds where no goroutine runs.
func SystemSleep(d time.Duration) {
	for end := time.Now().Add(d); d > 0; d = time.Until(end) {
		t := unix.NsecToTimespec(int64(d))
		if err := unix.Nanosleep(&t, nil); err != nil && err != unix.EINTR {
			time.Sleep(d)
		}
	}
}
