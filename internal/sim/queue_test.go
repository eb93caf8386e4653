package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// room admits while fewer than its value are present.
type room int

func (r room) Admit(_ time.Duration, present int) bool { return present < int(r) }
func (room) Serve(_, _ time.Duration, _ int) bool      { return true }
func (room) Done(_, _ time.Duration, _ int)            {}

// fickle drops and refuses by chance.
type fickle struct{ *rand.Rand }

func (f fickle) Admit(time.Duration, int) bool        { return f.IntN(5) > 0 }
func (f fickle) Serve(_, _ time.Duration, _ int) bool { return f.IntN(5) > 0 }
func (fickle) Done(_, _ time.Duration, _ int)         {}

const mean = time.Millisecond // of service, in all tests

func newQueue(t testing.TB, c Config, seed uint64) *Queue {
	t.Helper()
	q, err := NewQueue(c, seed)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// In independent replications the mean of what is simulated is within three and
// a half standard errors of what theory says. The seeds are fixed.
func TestSimulationMeetsTheory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		load    float64
		servers int
		room    int // 0 is without bound
		service Distribution
		theory  Theory // in units of the mean service time
	}{
		{"M/M/1", 0.7, 1, 0, Exponential{mean}, MM1(0.7, 1)},
		{"M/M/4", 0.8, 4, 0, Exponential{mean}, MMc(3.2, 1, 4)},
		{"M/M/1/5 overloaded", 1.5, 1, 5, Exponential{mean}, MMcK(1.5, 1, 1, 5)},
		{"M/M/4/20 overloaded", 2, 4, 20, Exponential{mean}, MMcK(8, 1, 4, 20)},
		{"M/M/4/4", 0.9, 4, 4, Exponential{mean}, MMcK(3.6, 1, 4, 4)},
		{"M/D/1", 0.7, 1, 0, Deterministic{mean}, MD1(0.7, 1)},
		{"M/G/1", 0.6, 1, 0, NewLognormal(mean, 1.5), MG1(0.6, 1, 1.5)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := Config{
				Servers: c.servers, Service: c.service,
				Gaps: Poisson{Mean: time.Duration(float64(mean) / c.load / float64(c.servers))},
			}
			if c.room > 0 {
				config.Admission = room(c.room)
			}
			got := replicate(t, config)
			for name, want := range map[string]float64{
				"utilization": c.theory.Utilization, "blocked": c.theory.Blocked,
				"waiting": c.theory.Waiting, "wait": c.theory.Wait, "sojourn": c.theory.Sojourn,
			} {
				if m := got[name]; math.Abs(m.mean-want) > 3.5*m.standardError+1e-6 {
					t.Errorf("%s %v +- %v, theory says %v", name, m.mean, m.standardError, want)
				}
			}
		})
	}
}

type estimate struct{ mean, standardError float64 }

// replicate runs the queue again and again, and each time forgets the start.
func replicate(t *testing.T, c Config) map[string]estimate {
	const replications, warmup, run = 20, 2 * time.Second, 20 * time.Second
	sums, squares := map[string]float64{}, map[string]float64{}
	q := newQueue(t, c, 0)
	for n := range replications {
		q.Reset(uint64(n) + 1)
		q.RunUntil(warmup)
		q.ResetStats()
		q.RunUntil(warmup + run)
		s := q.Stats()
		for name, v := range map[string]float64{
			"utilization": s.Busy() / float64(c.Servers),
			"blocked":     float64(s.Refused) / float64(s.Offered),
			"waiting":     s.Waiting(),
			"wait":        s.Wait.Mean() / float64(mean),
			"sojourn":     s.Sojourn.Mean() / float64(mean),
		} {
			sums[name] += v
			squares[name] += v * v
		}
	}
	estimates := map[string]estimate{}
	for name := range sums {
		m := sums[name] / replications
		variance := max(0, squares[name]/replications-m*m)
		estimates[name] = estimate{m, math.Sqrt(variance / (replications - 1))}
	}
	return estimates
}

// The area under the number of requests present is the sum of the times that
// each of them was there: to the nanosecond, whatever is refused or dropped.
func TestLittlesLawHoldsExactly(t *testing.T) {
	t.Parallel()
	for _, admission := range []Admission{nil, room(9), fickle{newRand(3)}} {
		keep := &keeper{Admission: admission}
		q := newQueue(t, Config{
			Servers: 3, Gaps: NewBursty(mean / 4), Service: Exponential{mean}, Admission: keep,
		}, 4)
		q.RunUntil(5 * time.Second)
		s := q.Stats()
		present := uint64(q.Present())
		times := s.Sojourn.sum
		times.add(uint64(keep.dropped), 1)
		for server, came := range q.served {
			if !slices.Contains(q.idle, uint32(server)) {
				times.add(uint64(q.now-came), 1)
			}
		}
		for q.line.len() > 0 {
			times.add(uint64(q.now-q.line.pop().came), 1)
		}
		area := s.waiting
		area.add(s.busy.low, 1)
		area.high += s.busy.high
		if area != times {
			t.Errorf("area %v, sum of times %v", area, times)
		}
		if left := s.Offered - s.Refused - s.Dropped - s.Answered; left != present {
			t.Errorf("%d requests are left, %d present", left, present)
		}
		if s.Offered < 10_000 {
			t.Errorf("%d requests only", s.Offered)
		}
	}
}

// keeper adds up how long dropped requests had waited.
type keeper struct {
	Admission
	dropped time.Duration
}

func (k *keeper) Admit(now time.Duration, present int) bool {
	return k.Admission == nil || k.Admission.Admit(now, present)
}

func (k *keeper) Serve(now, waited time.Duration, behind int) bool {
	if k.Admission == nil || k.Admission.Serve(now, waited, behind) {
		return true
	}
	k.dropped += waited
	return false
}

func (k *keeper) Done(time.Duration, time.Duration, int) {}

// A seed determines everything, however the run is cut, and another seed gives
// something else.
func TestSameSeedSameRun(t *testing.T) {
	t.Parallel()
	run := func(seed uint64, steps int) Stats {
		q := newQueue(t, Config{
			Servers: 2, Gaps: NewBursty(mean), Service: NewLognormal(mean, 2), Admission: room(50), Objective: 5 * mean,
		}, 99)
		q.RunUntil(time.Second)
		q.Reset(seed)
		for n := range steps {
			q.RunUntil(2 * time.Second / time.Duration(steps) * time.Duration(n+1))
		}
		return *q.Stats()
	}
	whole := run(1, 1)
	if again := run(1, 1000); again != whole {
		t.Error("the same seed in a thousand steps gave another run")
	}
	if other := run(2, 1); other == whole {
		t.Error("another seed gave the same run")
	}
	if whole.Offered < 1000 || whole.Refused == 0 {
		t.Errorf("%d requests, %d refused", whole.Offered, whole.Refused)
	}
}

func TestSteadyQueueDoesNotAllocate(t *testing.T) {
	q := newQueue(t, Config{Servers: 2, Gaps: Poisson{mean}, Service: Exponential{mean}}, 1)
	q.RunUntil(10 * time.Second)
	end := 10 * time.Second
	if n := testing.AllocsPerRun(10, func() {
		end += time.Second / 10
		q.RunUntil(end)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Two requests at once before one server: the second waits for the first. An
// answer at the objective is in time.
func TestObjectiveIsInclusive(t *testing.T) {
	t.Parallel()
	for objective, want := range map[time.Duration]uint64{mean - 1: 0, mean: 1, 2 * mean: 2} {
		q := newQueue(t, Config{Servers: 1, Gaps: &twoAtOnce{}, Service: Deterministic{mean}, Objective: objective}, 1)
		q.RunUntil(time.Minute)
		if s := q.Stats(); s.InTime != want || s.Answered != 2 || s.Sojourn.Max() != 2*mean || s.MaxWaiting != 1 {
			t.Errorf("objective %v: %d of %d in time, %d waited, at most %v", objective, s.InTime, s.Answered, s.MaxWaiting, s.Sojourn.Max())
		}
	}
}

// twoAtOnce are two arrivals after a millisecond, and no other for an hour.
type twoAtOnce struct{ drawn int }

func (d *twoAtOnce) Reset() { d.drawn = 0 }

func (d *twoAtOnce) Draw(*rand.Rand) time.Duration {
	d.drawn++
	return []time.Duration{time.Millisecond, 0, time.Hour}[min(d.drawn-1, 2)]
}

func TestQueueRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{
		{Gaps: Poisson{mean}, Service: Exponential{mean}},
		{Servers: 1, Service: Exponential{mean}},
		{Servers: 1, Gaps: Poisson{mean}},
	} {
		if _, err := NewQueue(c, 1); err == nil {
			t.Errorf("%+v is a queue", c)
		}
	}
}

// BenchmarkEvents is the raw heap with as many events in it as the name says,
// and a whole M/M/c queue.
func BenchmarkEvents(b *testing.B) {
	for _, size := range []int{8, 64, 1024, 16384} {
		b.Run(fmt.Sprintf("heap/%d", size), func(b *testing.B) {
			var h Heap
			r := newRand(1)
			gaps := make([]time.Duration, 4096)
			for n := range gaps {
				gaps[n] = exponential(r, float64(mean))
			}
			for n := range size {
				h.Push(gaps[n%len(gaps)], 0, uint32(n))
			}
			n := 0
			for b.Loop() {
				e := h.Pop()
				h.Push(e.At+gaps[n%len(gaps)], e.Kind, e.Subject)
				n++
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
	for _, servers := range []int{1, 4, 64} {
		b.Run(fmt.Sprintf("mmc/%d", servers), func(b *testing.B) {
			gap := time.Duration(float64(mean) / 0.9 / float64(servers))
			q := newQueue(b, Config{Servers: servers, Gaps: Poisson{gap}, Service: Exponential{mean}}, 1)
			end := time.Duration(0)
			for b.Loop() {
				end += 1000 * gap
				q.RunUntil(end)
			}
			b.ReportMetric(float64(q.Stats().Events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
