package admission

import (
	"errors"
	"math"
	"testing"
	"time"

	"runx/workloads"
	"runx/workloads/workloadtest"
)

// Whatever the parameters within their bounds, a run ends, its accounts make
// sense, and no policy exceeds its limit.
func FuzzSimulation(f *testing.F) {
	f.Add(uint8(1), uint8(0), uint8(0), 2.0, uint16(4), 10.0, 100.0, uint16(16), 0.9, uint16(10), 20.0, 100.0, uint16(500), uint16(3))
	f.Add(uint8(2), uint8(1), uint8(1), 10.0, uint16(1), 0.01, 0.01, uint16(0), 10.0, uint16(1), 0.01, 0.01, uint16(10), uint16(1))
	f.Add(uint8(3), uint8(1), uint8(1), 10.0, uint16(1), 10_000.0, 0.01, uint16(0), 0.01, uint16(9), 0.01, 0.01, uint16(2000), uint16(200))
	f.Add(uint8(4), uint8(2), uint8(2), 0.01, uint16(1024), 0.01, 1e5, uint16(9), 0.01, uint16(9), 1e4, 1e4, uint16(2000), uint16(7))
	f.Add(uint8(0), uint8(0), uint8(1), 1.0, uint16(1024), 0.1, 1.0, uint16(9), 1.0, uint16(9), 1.0, 1.0, uint16(9), uint16(1))
	f.Fuzz(func(t *testing.T, policy, arrivals, service uint8, load float64, servers uint16, serviceMS, sloMS float64, limit uint16,
		tokenRate float64, tokenBurst uint16, targetMS, intervalMS float64, requests, windows uint16) {
		p := point{
			Mode: simulated, Load: load, Servers: int(servers), MeanServiceMS: serviceMS, SLOMS: sloMS, QueueLimit: int(limit),
			Policy:    []string{acceptAll, queueLimit, tokenBucket, coDel, adaptive}[policy%5],
			Arrivals:  []string{poisson, bursty, paced}[arrivals%3],
			Service:   []string{exponential, lognormal, deterministic}[service%3],
			TokenRate: tokenRate, TokenBurst: int(tokenBurst), TargetMS: targetMS, IntervalMS: intervalMS,
			Requests: int(requests % 5000), Windows: int(windows % 500),
		}
		given := valuesOf(p)
		w := Workload()
		for _, param := range w.Params {
			if _, err := param.Check(given[param.Name]); err != nil {
				t.Skip(err)
			}
		}
		instance, err := w.Open(t.Context(), workloads.Env{Params: given})
		if conflict := (*workloads.Conflict)(nil); errors.As(err, &conflict) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		checkAccounts(t, p, workloadtest.Rows(t, w, instance))
	})
}

func checkAccounts(t *testing.T, p point, rows []map[string]float64) {
	if len(rows) != p.Windows {
		t.Fatalf("%d rows of %d windows", len(rows), p.Windows)
	}
	admitted, events, elapsed := 0.0, 0.0, 0.0
	for n, row := range rows {
		for name, v := range row {
			if math.IsInf(v, 0) || v < 0 {
				t.Fatalf("window %d: %s is %v", n, name, v)
			}
		}
		for _, name := range []string{"rejected_ratio", "slo_ratio", "utilization_ratio"} {
			// A window may drop or answer who came in the one before it.
			if v := row[name]; v > 1+1e-9 && (name == "utilization_ratio" || p.Windows == 1) {
				t.Fatalf("window %d: %s is %v", n, name, v)
			}
		}
		if row["queue_length_count"] > row["queue_length_max_count"]+1e-9 || !(row["elapsed_s"] > elapsed) {
			t.Fatalf("window %d: a mean of %v waited, at most %v, until %v s", n, row["queue_length_count"], row["queue_length_max_count"], row["elapsed_s"])
		}
		if p.Policy == queueLimit && row["queue_length_max_count"] > float64(p.QueueLimit) {
			t.Fatalf("window %d: %v waited, the limit is %d", n, row["queue_length_max_count"], p.QueueLimit)
		}
		if offered := row["offered_count"]; offered > 0 {
			admitted += offered * (1 - row["rejected_ratio"])
		}
		elapsed = row["elapsed_s"]
		events += row["events_count"]
	}
	if p.Policy == tokenBucket {
		tokens := float64(p.TokenBurst) + p.TokenRate*float64(p.Servers)*elapsed/(p.MeanServiceMS/1e3)
		if admitted > tokens*(1+1e-6)+1e-6 {
			t.Fatalf("%v were admitted on %v tokens", admitted, tokens)
		}
	}
	if limit := 1e6 * time.Second.Seconds(); events > limit {
		t.Fatalf("%v events of %d requests", events, p.Requests)
	}
}
