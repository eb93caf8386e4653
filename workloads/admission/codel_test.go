package admission

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"runx/workloads"
)

// A packet waits since it came.
type packet struct {
	number int
	came   time.Duration
}

// rfc8289 is the pseudocode of RFC 8289, section 5, statement by statement, with
// packets of the largest size.
type rfc8289 struct {
	target, interval time.Duration
	queue            []packet
	dropped          []int

	firstAboveTime, dropNext time.Duration
	count, lastCount         int
	dropping                 bool
}

func (q *rfc8289) doDequeue(now time.Duration) (p packet, found, okToDrop bool) {
	if len(q.queue) == 0 {
		q.firstAboveTime = 0
		return p, false, false
	}
	p, q.queue = q.queue[0], q.queue[1:]
	if now-p.came < q.target || len(q.queue) <= 1 {
		q.firstAboveTime = 0
		return p, true, false
	}
	if q.firstAboveTime == 0 {
		q.firstAboveTime = now + q.interval
		return p, true, false
	}
	return p, true, now >= q.firstAboveTime
}

func (q *rfc8289) controlLaw(t time.Duration) time.Duration {
	return t + time.Duration(float64(q.interval)/math.Sqrt(float64(q.count)))
}

func (q *rfc8289) dequeue(now time.Duration) (packet, bool) {
	p, found, ok := q.doDequeue(now)
	if q.dropping {
		if !ok {
			q.dropping = false
		}
		for now >= q.dropNext && q.dropping {
			q.dropped = append(q.dropped, p.number)
			q.count++
			if p, found, ok = q.doDequeue(now); !ok {
				q.dropping = false
			} else {
				q.dropNext = q.controlLaw(q.dropNext)
			}
		}
	} else if ok {
		q.dropped = append(q.dropped, p.number)
		p, found, _ = q.doDequeue(now)
		q.dropping = true
		delta := q.count - q.lastCount
		q.count = 1
		if delta > 1 && now-q.dropNext < 16*q.interval {
			q.count = delta
		}
		q.dropNext = q.controlLaw(now)
		q.lastCount = q.count
	}
	return p, found
}

// Whatever comes and whenever a server is free, the policy drops what the RFC
// drops. The line grows and shrinks in phases, so that dropping begins and ends.
func TestCoDelIsThatOfTheRFC(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	drops := 0
	rapid.Check(t, func(t *rapid.T) {
		interval := time.Duration(rapid.SampledFrom([]int{1, 2, 4, 30}).Draw(t, "interval ms")) * ms
		want := rfc8289{target: 5 * ms, interval: interval}
		got := codelPolicy{target: 5 * ms, interval: interval}
		var line []packet
		var dropped []int
		now, number := ms, 0
		for range rapid.IntRange(1, 12).Draw(t, "phases") {
			share := rapid.SampledFrom([]int{2, 4, 5, 6, 9}).Draw(t, "tenths of arrivals")
			for range rapid.IntRange(10, 300).Draw(t, "length") {
				now += time.Duration(rapid.IntRange(0, 2).Draw(t, "half ms")) * ms / 2
				if rapid.IntRange(0, 9).Draw(t, "event") < share {
					p := packet{number, now}
					number++
					line, want.queue = append(line, p), append(want.queue, p)
					continue
				}
				var passed packet
				found := false
				for len(line) > 0 && !found {
					passed, line = line[0], line[1:]
					if found = got.Serve(now, now-passed.came, len(line)); !found {
						dropped = append(dropped, passed.number)
					}
				}
				if p, ok := want.dequeue(now); ok != found || ok && p != passed {
					t.Fatalf("at %v passes %v, %v, want %v, %v", now, passed, found, p, ok)
				}
			}
		}
		if !slices.Equal(dropped, want.dropped) {
			t.Fatalf("dropped %v, want %v", dropped, want.dropped)
		}
		drops += len(dropped)
	})
	if drops < 100 {
		t.Errorf("%d drops only", drops)
	}
}

// The drops come at the times of the paper: the first after an interval above
// the target, then interval/sqrt(count) apart; and they end below the target.
func TestCoDelDropsByItsLaw(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	p := &codelPolicy{target: 5 * ms, interval: 100 * ms}
	var drops []time.Duration
	for now := time.Duration(0); now < 400*ms; now += ms {
		if !p.Serve(now, 20*ms, 9) {
			drops = append(drops, now)
		}
	}
	if want := []time.Duration{100 * ms, 200 * ms, 271 * ms, 329 * ms, 379 * ms}; !slices.Equal(drops, want) {
		t.Errorf("drops at %v, want %v", drops, want)
	}
	for now := 400 * ms; now < 600*ms; now += ms {
		if !p.Serve(now, 4*ms, 9) {
			t.Errorf("dropped at %v below the target", now)
		}
	}
	for now := 600 * ms; now < 900*ms; now += ms {
		if !p.Serve(now, 20*ms, 1) {
			t.Fatal("dropped the last but one of a line")
		}
	}
}

// Dropping that begins again within 16 intervals of the last drop that had a
// time goes on at the pace that it had, later it begins slowly. The drop that
// ended it, at 29 ms, gave none to a next one.
func TestCoDelRemembersItsPace(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for again, want := range map[time.Duration][]time.Duration{
		175 * ms: {11 * ms, 21 * ms, 29 * ms, 185 * ms, 193 * ms, 198 * ms, 203 * ms, 208 * ms},
		180 * ms: {11 * ms, 21 * ms, 29 * ms, 190 * ms, 200 * ms, 208 * ms},
	} {
		p := &codelPolicy{target: 5 * ms, interval: 10 * ms}
		var drops []time.Duration
		for now := ms; now < 210*ms; now += ms {
			wait := 20 * ms
			if now > 29*ms && now < again {
				wait = 0
			}
			if !p.Serve(now, wait, 9) {
				drops = append(drops, now)
				if now == 29*ms && !p.Serve(now, 0, 9) {
					t.Error("dropped who did not wait")
				}
			}
		}
		if !slices.Equal(drops, want) {
			t.Errorf("above the target again at %v: drops at %v, want %v", again, drops, want)
		}
	}
}

// Against senders that do not slow down the k-th drop comes interval/sqrt(k) after
// the one before, so that t later there are t/(2 interval^2) drops a second: an
// excess of x a second is met after 2x interval^2, when x^2 interval^2 requests
// wait. Here 400 a second and 0.1 s: 1600 requests after 8 s.
func TestCoDelIsTooSlowForAnOpenLoop(t *testing.T) {
	t.Parallel()
	rows := sample(t, 1, workloads.Values{
		"policy": coDel, "load": 2.0, "arrivals": paced, "service": deterministic, "requests": 20_000, "windows": 100,
	})
	most, when := 0.0, 0.0
	for _, row := range rows {
		if row["queue_length_count"] > most {
			most, when = row["queue_length_count"], row["elapsed_s"]
		}
	}
	if most < 1500 || most > 1700 || when < 7.5 || when > 9 {
		t.Errorf("%v requests wait after %v s", most, when)
	}
}
