package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// side is one way to do a computation.
type side struct {
	name string
	// calls does it n times and returns how many seconds that took.
	calls func(n int) (float64, error)
	// output is the result of the last call; nil if results are not compared.
	output func() ([]float32, error)
	// tolerance is how far the result may be from the others, where that is more
	// than the contest's.
	tolerance float64
	// close frees what the side holds, if anything.
	close func() error
	// missing says why this machine does not have it; there is nothing else then.
	missing error
}

// into says where the side leaves its result.
func (s side) into(result []float32) side {
	s.output = func() ([]float32, error) { return result, nil }
	return s
}

// turnSeconds is how long one turn of a side lasts, at least: long enough for
// the clock, short enough for many rounds.
const turnSeconds = 0.03

// times are the seconds of one call, by side and round.
type times [][]float64

// The rounds of a race that would last longer than raceSeconds become fewer, but
// no fewer than leastRounds.
const (
	raceSeconds = 10
	leastRounds = 3
)

// race lets the sides take turns, and whoever begins changes from round to
// round: neighbours in time are compared, so that drift of the clock cancels. A
// turn is one call that warms the caches, unmeasured, and as many as fill it.
func race(rounds int, sides ...side) (times, error) {
	t := make(times, len(sides))
	turns := make([]int, len(sides))
	round := 0.0 // seconds
	for i, s := range sides {
		n, seconds, err := turnCalls(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		turns[i] = n
		round += seconds
	}
	rounds = min(rounds, max(leastRounds, int(raceSeconds/round)))
	for round := range rounds {
		for place := range sides {
			i := (place + round) % len(sides)
			seconds, err := turn(sides[i], turns[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", sides[i].name, err)
			}
			t[i] = append(t[i], seconds)
		}
	}
	return t, nil
}

// turnCalls is how many calls fill a turn, and how many seconds that is about.
func turnCalls(s side) (int, float64, error) {
	for n := 1; ; n *= 10 {
		seconds, err := s.calls(n)
		if err != nil || seconds >= turnSeconds {
			return n, seconds, err
		}
		if seconds > turnSeconds/100 {
			calls := int(math.Ceil(turnSeconds / seconds * float64(n)))
			return calls, seconds / float64(n) * float64(calls+1), nil
		}
	}
}

func turn(s side, n int) (float64, error) {
	if n > 1 {
		if _, err := s.calls(1); err != nil {
			return 0, err
		}
	}
	seconds, err := s.calls(n)
	return seconds / float64(n), err
}

// seconds is the median over the rounds.
func (t times) seconds(side int) float64 { return median(t[side]) }

// ratio is the median over the rounds of how many times as fast one side is as
// the other: above 1 it is faster.
func (t times) ratio(fast, slow int) float64 {
	ratios := make([]float64, len(t[fast]))
	for round := range ratios {
		ratios[round] = t[slow][round] / t[fast][round]
	}
	return median(ratios)
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	if n := len(x); n%2 == 0 {
		return (x[n/2-1] + x[n/2]) / 2
	}
	return x[len(x)/2]
}

// onThread is a side of this process, timed by the processor time of the calling
// thread: what the machine does beside it does not count.
func onThread(name string, call func() error) side {
	return side{name: name, calls: func(n int) (float64, error) { return timed(threadTime, n, call) }}
}

// onWall is a side of this process on several threads, timed by the clock on the
// wall.
func onWall(name string, call func() error) side {
	return side{name: name, calls: func(n int) (float64, error) { return timed(wallTime, n, call) }}
}

func timed(clock func() (time.Duration, error), n int, call func() error) (float64, error) {
	start, err := clock()
	if err != nil {
		return 0, err
	}
	for range n {
		if err := call(); err != nil {
			return 0, err
		}
	}
	end, err := clock()
	return (end - start).Seconds(), err
}

func threadTime() (time.Duration, error) { return readClock(unix.CLOCK_THREAD_CPUTIME_ID) }

func wallTime() (time.Duration, error) { return readClock(unix.CLOCK_MONOTONIC) }

func readClock(id int32) (time.Duration, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(id, &now); err != nil {
		return 0, fmt.Errorf("read clock %d: %w", id, err)
	}
	return time.Duration(now.Nano()), nil
}

// agree returns an error where two results differ by more than the tolerance: a
// comparison of speed means nothing between different results.
func agree(ours, theirs []float32, tolerance float64) error {
	if len(ours) != len(theirs) {
		return fmt.Errorf("%d elements, the peer has %d", len(ours), len(theirs))
	}
	for i := range ours {
		if diff := math.Abs(float64(ours[i]) - float64(theirs[i])); !(diff <= tolerance) {
			return fmt.Errorf("element %d is %v, by the peer %v", i, ours[i], theirs[i])
		}
	}
	return nil
}
