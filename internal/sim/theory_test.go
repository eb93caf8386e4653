package sim

import (
	"math"
	"testing"
)

func near(got, want, relative float64) bool { return math.Abs(got-want) <= relative*math.Abs(want) }

// Known answers, worked out by hand from the closed forms, and those of tables.
func TestTheoryKnownAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ got, want, tolerance float64 }{
		// M/M/1: L = rho/(1-rho), W = 1/(mu-lambda), Wq = rho/(mu-lambda).
		"M/M/1 present": {MM1(0.5, 1).Present, 1, 1e-12},
		"M/M/1 sojourn": {MM1(0.9, 1).Sojourn, 10, 1e-12},
		"M/M/1 wait":    {MM1(0.9, 1).Wait, 9, 1e-12},
		"M/M/1 delayed": {MM1(0.9, 1).Delayed, 0.9, 1e-12},
		// Gross et al. 2008, example 2.4: arrivals 6 per hour, 20 minutes each,
		// three servers: Lq = 8/9, W = 29/60 hours... L = 26/9.
		"M/M/3 waiting": {MMc(6, 3, 3).Waiting, 8.0 / 9, 1e-12},
		"M/M/3 present": {MMc(6, 3, 3).Present, 26.0 / 9, 1e-12},
		// Erlang C tables: two servers with one erlang, C = 1/3; ten with eight.
		"Erlang C(2, 1)":  {MMc(1, 1, 2).Delayed, 1.0 / 3, 1e-12},
		"Erlang C(10, 8)": {MMc(8, 1, 10).Delayed, 0.4092, 2e-4},
		// Erlang B tables: 10 servers with 5 erlang lose 1.84%; 2 with 1, 20%.
		"Erlang B(10, 5)": {MMcK(5, 1, 10, 10).Blocked, 0.0184, 3e-3},
		"Erlang B(2, 1)":  {MMcK(1, 1, 2, 2).Blocked, 0.2, 1e-12},
		// M/M/1/K: P(K) = (1-rho) rho^K / (1-rho^(K+1)); 1/(K+1) at rho 1.
		"M/M/1/3 blocked":           {MMcK(2, 1, 1, 3).Blocked, 8.0 / 15, 1e-12},
		"M/M/1/3 blocked at load 1": {MMcK(1, 1, 1, 3).Blocked, 0.25, 1e-12},
		"M/M/1/3 present":           {MMcK(2, 1, 1, 3).Present, (2 + 2*4 + 3*8) / 15.0, 1e-12},
		"M/M/1/3 waiting":           {MMcK(2, 1, 1, 3).Waiting, (1*4 + 2*8) / 15.0, 1e-12},
		"M/M/1/3 sojourn":           {MMcK(2, 1, 1, 3).Sojourn, 34.0 / 15 / (2 * 7.0 / 15), 1e-12},
		// M/D/1 waits half as long as M/M/1.
		"M/D/1 wait":            {MD1(0.9, 1).Wait, 4.5, 1e-12},
		"M/G/1 exponential":     {MG1(0.9, 1, 1).Wait, 9, 1e-12},
		"M/M/1 overloaded":      {MM1(1.1, 1).Delayed, 1, 0},
		"M/M/2/900 overloaded":  {MMcK(8, 1, 2, 900).Blocked, 0.75, 1e-9},
		"M/M/2/900 utilization": {MMcK(8, 1, 2, 900).Utilization, 1, 1e-9},
	} {
		if !near(c.got, c.want, c.tolerance) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if w := MMc(5, 1, 5).Wait; !math.IsInf(w, 1) {
		t.Errorf("at load 1 a request waits %v", w)
	}
}

// With room for very many, MMcK is MMc; and Little's law ties its numbers.
func TestTheoryAgreesWithItself(t *testing.T) {
	t.Parallel()
	for servers := 1; servers <= 40; servers += 3 {
		for _, load := range []float64{0.1, 0.5, 0.9} {
			arrival := load * float64(servers)
			open, finite := MMc(arrival, 1, servers), MMcK(arrival, 1, servers, 2000)
			for name, pair := range map[string][2]float64{
				"wait": {open.Wait, finite.Wait}, "present": {open.Present, finite.Present},
				"delayed": {open.Delayed, finite.Delayed}, "utilization": {open.Utilization, finite.Utilization},
				"little": {finite.Present, arrival * (1 - finite.Blocked) * finite.Sojourn},
			} {
				if !near(pair[1], pair[0], 1e-9) && math.Abs(pair[0]) > 1e-12 {
					t.Errorf("%d servers, load %v: %s %v and %v", servers, load, name, pair[0], pair[1])
				}
			}
		}
	}
}
