package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// threadTime is the processor time of the calling thread: what the machine does
// beside it does not count.
func threadTime() (time.Duration, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		return 0, fmt.Errorf("read the thread's processor time: %w", err)
	}
	return time.Duration(now.Nano()), nil
}

// pair is one computation done by us and by the peer.
type pair struct {
	name   string
	figure bool // whether mostRatio holds for it
	flops  float64
	own    func() error
	peer   func() error
	agree  func() error // whether both gave the same result
}

// measured is a pair after its rounds. ratio is the median over rounds of own
// time by peer time; below 1 we are faster.
type measured struct {
	pair
	ours, theirs time.Duration
	ratio        float64
	allocsCount  float64 // Go allocations of one call of own
}

// measurePair runs both in turns: the order changes from round to round and each
// ratio is of neighbours in time, so that drift of the clock cancels.
func measurePair(p pair, rounds int) (measured, error) {
	m := measured{pair: p}
	var own, peer []time.Duration
	var ratios []float64
	for round := -1; round < rounds; round++ {
		var elapsed [2]time.Duration
		for turn := range 2 {
			which := (turn + round + 1) % 2
			var err error
			if elapsed[which], err = timed([]func() error{p.own, p.peer}[which]); err != nil {
				return m, fmt.Errorf("%s: %w", p.name, err)
			}
		}
		if round < 0 {
			continue // both are warm now
		}
		own, peer = append(own, elapsed[0]), append(peer, elapsed[1])
		ratios = append(ratios, float64(elapsed[0])/float64(elapsed[1]))
	}
	m.ours, m.theirs, m.ratio = median(own), median(peer), median(ratios)
	if err := p.agree(); err != nil {
		return m, fmt.Errorf("%s: %w", p.name, err)
	}
	var err error
	m.allocsCount, err = allocations(p.own)
	return m, err
}

func timed(f func() error) (time.Duration, error) {
	start, err := threadTime()
	if err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	end, err := threadTime()
	return end - start, err
}

func allocations(f func() error) (float64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := f()
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs - before.Mallocs), err
}

func median[T int64 | float64 | time.Duration](x []T) T {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}
