package sim

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// everySecond admits every second request, and notes the sojourn of each answer.
type everySecond struct {
	came     int
	sojourns []time.Duration
}

func (a *everySecond) Admit(time.Duration, int) bool {
	a.came++
	return a.came%2 == 1
}
func (*everySecond) Serve(_, _ time.Duration, _ int) bool { return true }
func (a *everySecond) Done(_, sojourn time.Duration, _ int) {
	a.sojourns = append(a.sojourns, sojourn)
}

// Requests come when the demand says and ask for what it says, whoever was
// refused before: with a server for each, the sojourn is the service.
func TestQueueServesItsDemand(t *testing.T) {
	t.Parallel()
	gaps, service := NewBursty(mean), NewLognormal(mean, 2)
	admission := &everySecond{}
	const requests = 1000
	q := newQueue(t, Config{Servers: requests, Gaps: gaps, Service: service, Admission: admission}, 7)
	d := NewDemand(NewBursty(mean), service, 7)
	var want []time.Duration
	end := time.Duration(0)
	for n := range requests {
		r := d.Next()
		end += r.Gap
		if n%2 == 0 {
			want = append(want, r.Service)
		}
	}
	q.RunUntil(end)
	if n := q.Stats().Offered; n != requests {
		t.Errorf("%d requests came until %v, want %d", n, end, requests)
	}
	q.RunUntil(time.Hour)
	got := admission.sojourns
	for _, s := range want {
		if !slices.Contains(got, s) {
			t.Fatalf("nobody was served for %v", s)
		}
	}
}

// Another distribution of the gaps leaves the services as they are, and the
// other way round; another seed changes both.
func TestStreamsOfADemandAreApart(t *testing.T) {
	t.Parallel()
	draw := func(gaps, service Distribution, seed uint64) (g, s []time.Duration) {
		d := NewDemand(gaps, service, seed)
		d.Next()
		d.Reset(seed)
		for range 100 {
			r := d.Next()
			g, s = append(g, r.Gap), append(s, r.Service)
		}
		return g, s
	}
	gaps, services := draw(NewBursty(mean), Exponential{mean}, 1)
	if _, s := draw(Paced{mean}, Exponential{mean}, 1); !slices.Equal(s, services) {
		t.Error("other gaps change the services")
	}
	if g, _ := draw(NewBursty(mean), Deterministic{mean}, 1); !slices.Equal(g, gaps) {
		t.Error("other services change the gaps")
	}
	g, s := draw(NewBursty(mean), Exponential{mean}, 2)
	if slices.Equal(g, gaps) || slices.Equal(s, services) {
		t.Error("another seed leaves something as it was")
	}
	if same, _ := draw(Poisson{mean}, Poisson{mean}, 1); slices.Equal(same, services) {
		t.Error("gaps and services come from one stream")
	}
}

// Whatever the queue and however it is watched: who came was refused, dropped or
// answered, or is there; nobody waits while a server is idle; no more are there
// than there is room for.
func TestQueueKeepsItsAccounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		servers := rapid.IntRange(1, 4).Draw(t, "servers")
		limit := rapid.IntRange(servers, 12).Draw(t, "room")
		seed := rapid.Uint64().Draw(t, "seed")
		gap := mean / time.Duration(rapid.IntRange(1, 8).Draw(t, "rate"))
		admissions := map[string]Admission{"none": nil, "room": room(limit), "fickle": fickle{newRand(seed)}}
		name := rapid.SampledFrom([]string{"none", "room", "fickle"}).Draw(t, "admission")
		q, err := NewQueue(Config{
			Servers:   servers,
			Gaps:      rapid.SampledFrom([]Distribution{Poisson{gap}, Paced{gap}, NewBursty(gap)}).Draw(t, "gaps"),
			Service:   rapid.SampledFrom([]Distribution{Exponential{mean}, NewLognormal(mean, 3), Deterministic{mean}}).Draw(t, "service"),
			Admission: admissions[name],
		}, seed)
		if err != nil {
			t.Fatal(err)
		}
		end := time.Duration(0)
		for range rapid.IntRange(1, 20).Draw(t, "windows") {
			before := uint64(q.Present())
			q.ResetStats()
			end += time.Duration(rapid.IntRange(0, 20).Draw(t, "window ms")) * time.Millisecond
			q.RunUntil(end)
			s, present := q.Stats(), uint64(q.Present())
			if came, went := s.Offered+before, s.Refused+s.Dropped+s.Answered+present; came != went {
				t.Fatalf("%d requests were there or came, %d went or are there", came, went)
			}
			if q.line.len() > 0 && len(q.idle) > 0 {
				t.Fatalf("%d wait, %d servers are idle", q.line.len(), len(q.idle))
			}
			if name == "room" && (q.Present() > limit || s.MaxWaiting > limit-servers) {
				t.Fatalf("%d are there, %d waited; there is room for %d", q.Present(), s.MaxWaiting, limit)
			}
			if busy := s.Busy(); busy < 0 || busy > float64(servers) {
				t.Fatalf("%v of %d servers are busy", busy, servers)
			}
			if s.End != end || s.Events != s.Offered+s.Answered || s.InTime > s.Answered || s.Sojourn.Count() != s.Answered {
				t.Fatalf("accounts %+v at %v", s.Events, end)
			}
		}
	})
}
