package load

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// The tests run in bubbles whose clock moves only while all goroutines wait, so
// that every duration is exact.

const service = 10 * time.Millisecond

func sleeper(d time.Duration) func(int, *Request) error {
	return func(int, *Request) error { time.Sleep(d); return nil }
}

func every(gap time.Duration) func() time.Duration { return func() time.Duration { return gap } }

// run puts a pool under a load.
func run(t *testing.T, workers, requests int, serve func(int, *Request) error, g func(context.Context, *Log, func(*Request)) error) *Log {
	t.Helper()
	var l Log
	pool := NewPool(workers, requests, serve)
	defer pool.Close()
	if err := g(t.Context(), &l, pool.Send); err != nil {
		t.Fatal(err)
	}
	if len(l.Requests()) != requests {
		t.Fatalf("%d requests, want %d", len(l.Requests()), requests)
	}
	return &l
}

func TestClosedKeepsExactlyItsClientsInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const clients, requests = 3, 30
		var now, most atomic.Int64
		serve := func(int, *Request) error {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(service)
			now.Add(-1)
			return nil
		}
		l := run(t, 5, requests, serve, Closed{Clients: clients, Requests: requests}.Run)
		if most.Load() != clients {
			t.Errorf("%d at once, want %d", most.Load(), clients)
		}
		if got := l.InFlight(0, l.Elapsed()); math.Abs(got-clients) > 1e-9 {
			t.Errorf("%v in flight on average, want %d", got, clients)
		}
		if got, want := l.Throughput(), clients/service.Seconds(); math.Abs(got-want) > 1e-9*want {
			t.Errorf("%v answers per second, want %v", got, want)
		}
		for n, r := range l.Requests() {
			if r.Number != n || r.Client < 0 || r.Client >= clients || r.Latency() != service || r.Wait() != 0 || r.Lag() != 0 {
				t.Errorf("request %d: %+v", n, r)
			}
		}
	})
}

// With fewer servers than clients the others wait their turn.
func TestClosedQueues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := run(t, 1, 20, sleeper(service), Closed{Clients: 4, Requests: 20}.Run)
		for _, r := range l.Requests()[4:] {
			if r.Wait() != 3*service || r.Service() != service {
				t.Errorf("request %d waits %v and is served in %v, want %v and %v", r.Number, r.Wait(), r.Service(), 3*service, service)
			}
		}
	})
}

// A server that stalls once: in an open loop all who arrive meanwhile wait, in a
// closed one a single request does.
func TestAStallIsSeenInAnOpenLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const requests, stall, ms = 100, 100 * time.Millisecond, time.Millisecond
		serve := func(_ int, r *Request) error {
			if r.Number == 20 {
				time.Sleep(stall)
			} else {
				time.Sleep(ms)
			}
			return nil
		}
		late := func(l *Log) (n int) {
			for _, r := range l.Requests() {
				if r.Latency() > 2*ms {
					n++
				}
			}
			return n
		}
		if n := late(run(t, 1, requests, serve, Closed{Clients: 1, Requests: requests}.Run)); n != 1 {
			t.Errorf("closed loop: %d late requests, want 1", n)
		}
		open := run(t, 1, requests, serve, Open{Requests: requests, Gap: every(4 * ms)}.Run)
		// Number 20 is late by 100 ms; each later one catches up by 3 ms.
		for _, r := range open.Requests() {
			want := ms
			if r.Number >= 20 {
				want = max(ms, stall-time.Duration(r.Number-20)*3*ms)
			}
			if r.Latency() != want || r.Intended != time.Duration(r.Number+1)*4*ms {
				t.Errorf("request %d, meant for %v, has latency %v, want %v", r.Number, r.Intended, r.Latency(), want)
			}
		}
		if n := late(open); n != 33 {
			t.Errorf("open loop: %d late requests, want 33", n)
		}
	})
}

// A generator that is held up sends late, and the latency counts from when it was
// meant to.
func TestLagOfTheGenerator(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l Log
		pool := NewPool(1, 10, sleeper(0))
		defer pool.Close()
		err := Open{Requests: 10, Gap: every(time.Millisecond)}.Run(t.Context(), &l, func(r *Request) {
			if r.Number == 3 {
				time.Sleep(5 * time.Millisecond)
			}
			pool.Send(r)
		})
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range []time.Duration{0, 0, 0, 0, 4, 3, 2, 1, 0, 0} {
			r := l.Requests()[n]
			if want *= time.Millisecond; r.Lag() != want || n > 3 && (r.Wait() != want || r.Latency() != want) {
				t.Errorf("request %d: lag %v, latency %v, want %v", n, r.Lag(), r.Latency(), want)
			}
		}
	})
}

// A gap that is negative, as a distribution may give it, is none.
func TestTimeNeverGoesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const ms = time.Millisecond
		gaps := []time.Duration{5 * ms, -3 * ms, ms}
		gap := func() (g time.Duration) {
			g, gaps = gaps[0], gaps[1:]
			return g
		}
		l := run(t, 1, 3, sleeper(0), Open{Requests: 3, Gap: gap}.Run)
		for n, want := range []time.Duration{5 * ms, 5 * ms, 6 * ms} {
			if got := l.Requests()[n].Intended; got != want {
				t.Errorf("request %d is meant for %v, want %v", n, got, want)
			}
		}
	})
}

func TestLittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		steady := run(t, 8, 400, sleeper(service), Open{Requests: 400, Gap: every(2 * time.Millisecond)}.Run)
		if e := steady.Little(); e > 0.02 {
			t.Errorf("a steady load is off by %v, want 0.02 at most", e)
		}
		if got := steady.InFlight(100*time.Millisecond, 200*time.Millisecond); math.Abs(got-5) > 1e-9 {
			t.Errorf("%v in flight, want 10 ms * 500/s", got)
		}
		growing := run(t, 1, 100, sleeper(service), Open{Requests: 100, Gap: every(time.Millisecond)}.Run)
		if e := growing.Little(); e < 0.1 {
			t.Errorf("a queue that grows is off by %v, want more than 0.1", e)
		}
		var none Log
		if none.Little() != 0 || none.Elapsed() != 0 || none.Throughput() != 0 {
			t.Error("an empty log is not nothing")
		}
	})
}

func TestContextEndsARun(t *testing.T) {
	t.Parallel()
	why := errors.New("enough")
	for name, g := range map[string]interface {
		Run(context.Context, *Log, func(*Request)) error
	}{
		"closed": Closed{Clients: 2, Requests: 1000},
		"open":   Open{Requests: 1000, Gap: every(5 * time.Millisecond)},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(52*time.Millisecond, func() { cancel(why) })
			var l Log
			pool := NewPool(2, 1000, sleeper(service))
			defer pool.Close()
			start := time.Now()
			if err := g.Run(ctx, &l, pool.Send); !errors.Is(err, why) {
				t.Errorf("%s: error %v, want %v", name, err, why)
			}
			if took := time.Since(start); took > 65*time.Millisecond {
				t.Errorf("%s: it ended after %v", name, took)
			}
			if n := len(l.Requests()); n < 8 || n > 12 {
				t.Errorf("%s: %d requests were sent, want about 10", name, n)
			}
			for _, r := range l.Requests() {
				if r.Ended <= r.Started {
					t.Errorf("%s: request %d was sent and did not end: %+v", name, r.Number, r)
				}
			}
		})
	}
}

func TestErrorsAreInTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		l := run(t, 1, 10, func(_ int, r *Request) error {
			time.Sleep(service)
			if r.Number%5 == 0 {
				return broken
			}
			return nil
		}, Closed{Clients: 1, Requests: 10}.Run)
		if err := l.Err(); !errors.Is(err, broken) || err.Error() != "2 of 10 requests failed: broken" {
			t.Errorf("error %v, want that 2 of 10 are %v", err, broken)
		}
		if got := l.Throughput(); math.Abs(got-80) > 1e-9 {
			t.Errorf("%v answers per second, want 8 in 100 ms", got)
		}
		again := run(t, 1, 2, sleeper(service), Closed{Clients: 1, Requests: 2}.Run)
		if again.Err() != nil {
			t.Error(again.Err())
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"no clients":        Closed{Requests: 1}.Run(t.Context(), new(Log), nil),
		"negative requests": Closed{Clients: 1, Requests: -1}.Run(t.Context(), new(Log), nil),
		"no gaps":           Open{Requests: 1}.Run(t.Context(), new(Log), nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A queue is fair: an open loop of any gaps and services before one worker is
// Lindley's recursion (1952), request by request.
func TestOneServerIsLindley(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		times := rapid.SliceOfN(rapid.IntRange(0, 20), 1, 40)
		gaps := times.Draw(rt, "gaps in ms")
		services := rapid.SliceOfN(rapid.IntRange(1, 20), len(gaps), len(gaps)).Draw(rt, "services in ms")
		synctest.Test(t, func(t *testing.T) {
			next := 0
			gap := func() time.Duration { next++; return time.Duration(gaps[next-1]) * time.Millisecond }
			serve := func(_ int, r *Request) error {
				time.Sleep(time.Duration(services[r.Number]) * time.Millisecond)
				return nil
			}
			l := run(t, 1, len(gaps), serve, Open{Requests: len(gaps), Gap: gap}.Run)
			var arrived, free time.Duration
			for n, r := range l.Requests() {
				arrived += time.Duration(gaps[n]) * time.Millisecond
				free = max(arrived, free) + time.Duration(services[n])*time.Millisecond
				if r.Intended != arrived || r.Ended != free {
					t.Errorf("gaps %v, services %v: request %d ended at %v, want %v", gaps, services, n, r.Ended, free)
				}
			}
		})
	})
}

// On the real clock nothing is sent early, and a generator that spins is rarely
// late by much.
func TestOpenOnTheRealClock(t *testing.T) {
	t.Parallel()
	var l Log
	pool := NewPool(1, 100, sleeper(0))
	defer pool.Close()
	if err := (Open{Requests: 100, Gap: every(500 * time.Microsecond), Spin: 200 * time.Microsecond}).Run(t.Context(), &l, pool.Send); err != nil {
		t.Fatal(err)
	}
	var lags []time.Duration
	for _, r := range l.Requests() {
		if r.Lag() < 0 || r.Started < r.Sent || r.Ended < r.Started {
			t.Fatalf("out of order: %+v", r)
		}
		lags = append(lags, r.Lag())
	}
	slices.Sort(lags)
	t.Logf("median lag %v", lags[50])
}

func TestARunAllocatesNothingPerRequest(t *testing.T) {
	const few, many = 10, 2000
	var l Log
	pool := NewPool(2, many, func(int, *Request) error { return nil })
	defer pool.Close()
	allocations := func(requests int) float64 {
		return testing.AllocsPerRun(3, func() {
			if err := (Closed{Clients: 2, Requests: requests}).Run(t.Context(), &l, pool.Send); err != nil {
				t.Fatal(err)
			}
		})
	}
	allocations(many) // grows the log
	if a, b := allocations(few), allocations(many); b > a+few {
		t.Errorf("%v allocations for %d requests, %v for %d", a, few, b, many)
	}
}

// Only the end of a gap is slept in the system, however long it is: the rest
// hears of the end of the context.
func TestTheLastStretchIsSleptInTheSystem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var slept []time.Duration
		sleep := func(d time.Duration) {
			slept = append(slept, d)
			time.Sleep(d)
		}
		gaps := []time.Duration{time.Second, time.Millisecond, 5 * time.Millisecond}
		next := func() (gap time.Duration) {
			gap, gaps = gaps[0], gaps[1:]
			return gap
		}
		l := run(t, 1, 3, sleeper(0), Open{Requests: 3, Gap: next, Sleep: sleep}.Run)
		if want := []time.Duration{lastSleep, time.Millisecond, lastSleep}; !slices.Equal(slept, want) {
			t.Errorf("slept %v in the system, want %v", slept, want)
		}
		for n, r := range l.Requests() {
			if r.Lag() != 0 {
				t.Errorf("request %d was sent %v late", n, r.Lag())
			}
		}
	})
}

func TestSystemSleepIsNeverShort(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{-time.Second, 0, time.Microsecond, 300 * time.Microsecond, 3 * time.Millisecond} {
		start := time.Now()
		if SystemSleep(d); time.Since(start) < d {
			t.Errorf("a sleep of %v took %v", d, time.Since(start))
		}
	}
}
