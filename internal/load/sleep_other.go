//go:build !linux

package load

import "time"

// SystemSleep sleeps. The timers of Go are as exact as those of the system here.
func SystemSleep(d time.Duration) { time.Sleep(d) }
