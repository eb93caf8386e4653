package admission

import (
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"runx/workloads"
	"runx/workloads/workloadtest"
)

func TestMain(m *testing.M) { workloadtest.Main(m, Workload()) }

// quick is a live run of some 20 ms.
var quick = workloads.Values{"requests": 100, "mean_service_ms": 0.5}

func TestConformance(t *testing.T) {
	workloadtest.Run(t, workloadtest.Suite{
		Workload: Workload(),
		Params:   quick,
		Cases: []workloads.Values{
			{"windows": 10},
			{"windows": 10, "mode": "live", "load": 2.0},
			{"mode": "live", "policy": "codel", "load": 3.0, "target_ms": 0.1, "interval_ms": 0.5},
			{"mode": "live", "policy": "adaptive", "load": 3.0},
			{"mode": "live", "policy": "queue_limit", "load": 3.0, "queue_limit": 0},
			{"mode": "live", "policy": "token_bucket", "load": 3.0},
		},
		Refused: []workloads.Values{
			{"requests": 99, "windows": 10},
			{"servers": 1024, "mean_service_ms": 0.01, "load": 1.0},
			{"requests": 100_000_000, "mean_service_ms": 10_000.0, "servers": 1, "load": 0.01},
		},
		Slow:   workloads.Values{"mode": "live", "servers": 1, "mean_service_ms": 10_000.0, "load": 1.0, "requests": 360},
		Seeded: []string{"offered_count", "elapsed_s"},
		Optional: []string{
			"p50_ms", "p99_ms", "queue_ms", "rejected_ratio", "slo_ratio", "little_error_ratio", "events_count", "lag_ms",
			"theory_latency_ms", "theory_rejected_ratio", "theory_queue_length_count",
		},
		Allocates: "the generator of a live run makes a timer",
	})
}

func openInstance(t testing.TB, given workloads.Values) workloads.Instance {
	t.Helper()
	w := Workload()
	i, err := w.Open(t.Context(), workloads.Env{Params: workloadtest.Values(w, given), Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.Close() })
	return i
}

// sample takes rows of one run, each with its metrics by name.
func sample(t testing.TB, seed int, given workloads.Values) []map[string]float64 {
	t.Helper()
	given = maps.Clone(given)
	given["demand_seed"] = seed
	return workloadtest.Rows(t, Workload(), openInstance(t, given))
}

// Who was refused was not answered in time, either, and the adaptive limit aims at
// half of the objective.
func TestObjectives(t *testing.T) {
	t.Parallel()
	m := sample(t, 1, workloads.Values{"policy": queueLimit, "load": 2.0, "slo_ms": 60_000.0, "requests": 20_000})[0]
	if refused := m["rejected_ratio"]; refused < 0.3 || math.Abs(m["slo_ratio"]-(1-refused)) > 0.01 {
		t.Errorf("%v refused, and %v of all in time", refused, m["slo_ratio"])
	}
	p, ok := newPolicy(&point{Policy: adaptive, SLOMS: 100}).(*adaptivePolicy)
	if !ok || p.objective != 50*time.Millisecond {
		t.Errorf("the objective is %+v", p)
	}
}

// The formulas hold for the runs that they are stated for: within 3%, which is
// some four standard errors of the slowest to converge.
func TestRunsMeetTheirFormulas(t *testing.T) {
	t.Parallel()
	for _, given := range []workloads.Values{
		{"policy": "accept_all", "load": 0.5},
		{"policy": "accept_all", "load": 0.8},
		{"policy": "accept_all", "load": 0.8, "servers": 1},
		{"policy": "accept_all", "load": 0.5, "servers": 1, "service": "lognormal"},
		{"policy": "accept_all", "load": 0.8, "servers": 1, "service": "deterministic"},
		{"policy": "queue_limit", "load": 0.8},
		{"policy": "queue_limit", "load": 2.0},
		{"policy": "queue_limit", "load": 1.2, "servers": 2, "queue_limit": 0},
	} {
		t.Run(fmt.Sprint(given), func(t *testing.T) {
			t.Parallel()
			m := sample(t, 7, given)[0]
			for got, want := range map[string]string{
				"latency_ms": "theory_latency_ms", "rejected_ratio": "theory_rejected_ratio",
				"queue_length_count": "theory_queue_length_count",
			} {
				if g, w := m[got], m[want]; !(math.Abs(g-w) <= 0.03*w+2e-3) {
					t.Errorf("%s %v, by formula %v", got, g, w)
				}
			}
			if m["little_error_ratio"] > 1e-3 {
				t.Errorf("Little's law is off by %v", m["little_error_ratio"])
			}
		})
	}
}

// Where there is no formula, none is claimed.
func TestNoFormulaNoTheory(t *testing.T) {
	t.Parallel()
	for _, given := range []workloads.Values{
		{"load": 1.0}, {"arrivals": "bursty"}, {"service": "lognormal"}, {"policy": "codel"},
		{"policy": "queue_limit", "service": "deterministic"},
	} {
		given["requests"] = 1000
		if m := sample(t, 1, given)[0]; !math.IsNaN(m["theory_latency_ms"]) {
			t.Errorf("%v: theory says %v", given, m["theory_latency_ms"])
		}
	}
}

// Under twice the load only those who say no bound the wait, and those who say
// no still use the servers.
func TestOverloadIsBoundedBySheddingOnly(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{acceptAll, queueLimit, tokenBucket, coDel, adaptive} {
		half := sample(t, 3, workloads.Values{"policy": policy, "load": 2.0, "requests": 200_000})[0]
		whole := sample(t, 3, workloads.Values{"policy": policy, "load": 2.0, "requests": 800_000})[0]
		growth := whole["p99_ms"] / half["p99_ms"]
		if bounded := growth < 1.5; bounded != (policy != acceptAll) {
			t.Errorf("%s: p99 grows by %v in four times the time", policy, growth)
		}
		if policy != acceptAll && (whole["utilization_ratio"] < 0.85 || whole["rejected_ratio"] < 0.45) {
			t.Errorf("%s: utilization %v, rejected %v", policy, whole["utilization_ratio"], whole["rejected_ratio"])
		}
	}
}

// A run is determined by its seed to the bit, and two runs of one instance differ.
func TestSimulationIsDetermined(t *testing.T) {
	t.Parallel()
	given := workloads.Values{"policy": "codel", "arrivals": "bursty", "service": "lognormal", "load": 1.3, "requests": 20_000, "windows": 20}
	text := func(seed int) string { return fmt.Sprint(sample(t, seed, given)) }
	if again := text(1); text(1) != again {
		t.Error("the same seed gives other rows")
	}
	if text(1) == text(2) {
		t.Error("another seed gives the same rows")
	}
}

// repetition takes the first row of one repetition.
func repetition(t testing.TB, i workloads.Instance, n int) map[string]float64 {
	t.Helper()
	r := workloads.NewRecorder(Workload(), nil, &workloads.Monitor{})
	r.SetRep(n)
	if err := i.Sample(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	rows, err := r.Rows()
	if err != nil {
		t.Fatal(err)
	}
	row := map[string]float64{}
	for n, name := range r.Names() {
		row[name] = rows[0].Values[n]
	}
	return row
}

// The policies meet the same requests, run for run; those that let everyone in
// are then the same to the bit. The next run and another demand_seed bring other
// requests.
func TestPoliciesMeetTheSameDemand(t *testing.T) {
	t.Parallel()
	runs := func(given workloads.Values) (offered [2]float64, latency [2]float64) {
		given["requests"] = 2000
		given["arrivals"] = bursty
		for n := range offered {
			row := repetition(t, openInstance(t, given), n)
			offered[n], latency[n] = row["offered_count"], row["latency_ms"]
		}
		return offered, latency
	}
	want, all := runs(workloads.Values{"load": 2.0})
	if want[0] == want[1] {
		t.Error("two runs have the same demand")
	}
	for _, policy := range []string{queueLimit, tokenBucket, coDel, adaptive} {
		if got, latency := runs(workloads.Values{"load": 2.0, "policy": policy}); got != want || latency == all {
			t.Errorf("%s: %v requests, want %v; latency %v", policy, got, want, latency)
		}
	}
	if _, latency := runs(workloads.Values{"load": 2.0, "policy": queueLimit, "queue_limit": 1_000_000}); latency != all {
		t.Errorf("latency %v with a limit that nobody meets, %v without one", latency, all)
	}
	if got, _ := runs(workloads.Values{"load": 2.0, "mode": live, "mean_service_ms": 0.5}); got != want {
		t.Errorf("%v requests of a live server, want %v", got, want)
	}
	if got, _ := runs(workloads.Values{"load": 2.0, "demand_seed": 2}); got == want {
		t.Error("another demand_seed brings the same requests")
	}
}

func TestWindowsAddUp(t *testing.T) {
	t.Parallel()
	given := workloads.Values{"requests": 10_000, "load": 1.5}
	whole := sample(t, 5, given)[0]
	given["windows"] = 7
	rows := sample(t, 5, given)
	if len(rows) != 7 {
		t.Fatalf("%d rows", len(rows))
	}
	offered, queue := 0.0, 0.0
	for _, row := range rows {
		offered += row["offered_count"]
		queue += row["queue_length_count"] / 7
	}
	if math.Abs(offered-whole["offered_count"]) > 1 || math.Abs(queue/whole["queue_length_count"]-1) > 1e-3 {
		t.Errorf("%v requests and %v waiting in windows, %v and %v in one", offered, queue, whole["offered_count"], whole["queue_length_count"])
	}
	if first, last := rows[0], rows[6]; first["queue_length_count"] >= last["queue_length_count"] {
		t.Error("the line of an overloaded server does not grow")
	}
}

func TestSimulatedSampleDoesNotAllocate(t *testing.T) {
	for _, policy := range []string{queueLimit, tokenBucket, coDel, adaptive} {
		p := point{Mode: simulated, Policy: policy, Load: 1.5, Arrivals: bursty, Service: lognormal, Servers: 4, MeanServiceMS: 1, SLOMS: 10,
			QueueLimit: 10, TokenRate: 0.9, TokenBurst: 5, TargetMS: 1, IntervalMS: 10, Requests: 5000, Windows: 3}
		i, err := Workload().Open(t.Context(), workloads.Env{Params: valuesOf(p), Log: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		r := workloads.NewRecorder(Workload(), nil, &workloads.Monitor{})
		if n := testing.AllocsPerRun(5, func() {
			r.Reset()
			if err := i.Sample(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}); n >= 1 {
			t.Errorf("%s: %v allocations", policy, n)
		}
	}
}

func valuesOf(p point) workloads.Values {
	v := workloads.Values{}
	s := reflect.ValueOf(p)
	for n := range s.NumField() {
		v[s.Type().Field(n).Tag.Get("param")] = s.Field(n).Interface()
	}
	return v
}

// The live server is counted by what it did: everyone ends in one way, and what
// the policy says no to is counted as such.
func TestLiveAccountsForEveryRequest(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{acceptAll, queueLimit, tokenBucket, coDel, adaptive} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			m := sample(t, 11, workloads.Values{
				"mode": "live", "policy": policy, "load": 3.0, "requests": 600, "mean_service_ms": 2.0, "queue_limit": 3,
				"target_ms": 1.0, "interval_ms": 5.0, "slo_ms": 20.0,
			})[0]
			if (m["rejected_ratio"] > 0) != (policy != acceptAll) {
				t.Errorf("%v of the requests were rejected", m["rejected_ratio"])
			}
			// Those who are late at the generator count as waiting too; without a
			// limit some 200 wait.
			if policy == queueLimit && m["queue_length_count"] > 4+3 {
				t.Errorf("%v requests waited", m["queue_length_count"])
			}
			if m["queue_length_max_count"] < 1 || m["utilization_ratio"] < 0.5 || m["utilization_ratio"] > 1 || !(m["latency_ms"] > 1) {
				t.Errorf("utilization %v, latency %v ms", m["utilization_ratio"], m["latency_ms"])
			}
		})
	}
}

// Between any two moments no more are admitted than a burst and the rate, and
// when requests come all the time no fewer.
func TestTokenBucketAdmitsAtMostItsRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		burst := float64(rapid.IntRange(1, 9).Draw(t, "burst"))
		p := &tokenPolicy{rate: 1e-6, burst: burst} // a token a millisecond
		most := rapid.IntRange(1, 3000).Draw(t, "most us between requests")
		var admitted []time.Duration
		now := time.Duration(0)
		for range 300 {
			now += time.Duration(rapid.IntRange(0, most).Draw(t, "us")) * time.Microsecond
			if p.Admit(now, 0) {
				admitted = append(admitted, now)
			}
		}
		for first := range admitted {
			for last := first; last < len(admitted); last++ {
				if n := float64(last - first + 1); n > burst+float64(admitted[last]-admitted[first])*p.rate+1e-6 {
					t.Fatalf("%v admitted from %v to %v", n, admitted[first], admitted[last])
				}
			}
		}
		if n, tokens := float64(len(admitted)), burst+float64(now)*p.rate; most < 100 && n < math.Floor(tokens)-1 && n < 300 {
			t.Fatalf("%v admitted on %v tokens", n, tokens)
		}
	})
}

// Under a load that is a little too much, the line that stands with CoDel waits
// about the target.
func TestCoDelKeepsTheWaitNearItsTarget(t *testing.T) {
	t.Parallel()
	m := sample(t, 1, workloads.Values{"policy": "codel", "load": 1.05, "service": "deterministic"})[0]
	if wait := m["queue_ms"]; wait < 10 || wait > 60 {
		t.Errorf("waits are %v ms in the mean, the target is 20", wait)
	}
}

// The adaptive limit falls by a tenth once a sojourn and rises by one in a
// limit's worth of answers.
func TestAdaptiveRisesAndFalls(t *testing.T) {
	t.Parallel()
	p := &adaptivePolicy{objective: time.Second, start: 10}
	p.reset()
	for n := range 10 {
		p.Done(time.Duration(n), 0, 9)
	}
	if p.limit < 10.9 || p.limit > 11 {
		t.Errorf("limit %v after ten quick answers", p.limit)
	}
	p.Done(100*time.Second, 2*time.Second, 9)
	p.Done(101*time.Second, 2*time.Second, 9) // came before the fall
	if p.limit < 9.8 || p.limit > 9.9 {
		t.Errorf("limit %v after a slow answer", p.limit)
	}
	before := p.limit
	p.Done(200*time.Second, 0, 0)
	if p.limit != before {
		t.Error("a limit that nobody meets rises")
	}
}

// Whatever it is told, the adaptive limit is at least one, and who would be one
// too many is refused.
func TestAdaptiveKeepsItsLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := &adaptivePolicy{objective: 10 * time.Millisecond, start: float64(rapid.IntRange(1, 50).Draw(t, "start"))}
		p.reset()
		now, present := time.Duration(0), 0
		for range 300 {
			now += time.Duration(rapid.IntRange(0, 5000).Draw(t, "us")) * time.Microsecond
			if rapid.Bool().Draw(t, "comes") {
				if p.Admit(now, present) != (float64(present) < p.limit) {
					t.Fatalf("a request finds %d with a limit of %v", present, p.limit)
				} else if float64(present) < p.limit {
					present++
				}
			} else if present > 0 {
				present--
				p.Done(now, time.Duration(rapid.IntRange(9, 20).Draw(t, "ms"))*time.Millisecond, present)
			}
			if p.limit < 1 || present == 0 && !p.Admit(now, 0) {
				t.Fatalf("the limit is %v", p.limit)
			}
		}
	})
}

// A worker that has a request waiting is done with it a service after the one
// before, whenever it woke; one that was idle a service after the request came.
func TestWorkerMakesUpForWakingLate(t *testing.T) {
	t.Parallel()
	var w worker
	for n, c := range []struct{ sent, service, until time.Duration }{
		{sent: 5, service: 10, until: 15},
		{sent: 6, service: 10, until: 25},
		{sent: 25, service: 3, until: 28},
		{sent: 40, service: 2, until: 42},
	} {
		if w.take(c.sent, c.service); w.until != c.until {
			t.Errorf("request %d is done at %d, want %d", n, w.until, c.until)
		}
	}
}
