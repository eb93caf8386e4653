package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"runx/internal/results"
	"runx/spec"
)

func runOrder(t tester, order string, seed int) []int64 {
	j := &memory{}
	s := parse(t, &laboratory{}, "sweep: {x: [1, 2, 3, 4, 5]}", fmt.Sprintf("measure: {samples: 4, order: %s, seed: %d}", order, seed))
	measure(t, s, j, Options{})
	return j.order()
}

func TestOrders(t *testing.T) {
	t.Parallel()
	inTurn := func(points []int64) []int64 { // each point to its end
		var order []int64
		for _, p := range points {
			order = append(order, p, p, p, p)
		}
		return order
	}
	grid := []int64{0, 1, 2, 3, 4}
	if got := runOrder(t, "sequential", 1); !slices.Equal(got, inTurn(grid)) {
		t.Errorf("sequential: %v", got)
	}
	shuffled := runOrder(t, "shuffled", 1)
	permutation := slices.Compact(slices.Clone(shuffled))
	if !slices.Equal(shuffled, inTurn(permutation)) || slices.Equal(permutation, grid) || !slices.Equal(slices.Sorted(slices.Values(permutation)), grid) {
		t.Errorf("shuffled: %v", shuffled)
	}
	rounds := slices.Collect(slices.Chunk(runOrder(t, "interleaved", 1), len(grid)))
	for i, round := range rounds {
		if !slices.Equal(slices.Sorted(slices.Values(round)), grid) {
			t.Errorf("round %d visits %v", i, round)
		}
	}
	if slices.Equal(rounds[0], rounds[1]) && slices.Equal(rounds[1], rounds[2]) {
		t.Errorf("every round has the same order: %v", rounds)
	}
	for _, order := range []string{"shuffled", "interleaved"} {
		if !slices.Equal(runOrder(t, order, 1), runOrder(t, order, 1)) {
			t.Errorf("%s: the same seed gives two orders", order)
		}
		if slices.Equal(runOrder(t, order, 1), runOrder(t, order, 2)) {
			t.Errorf("%s: two seeds give the same order", order)
		}
	}
}

// Every place in a round is as likely for every point.
func TestShuffleIsFair(t *testing.T) {
	t.Parallel()
	const n, rounds = 4, 4000
	e := &engine{spec: &spec.Spec{}, points: make([]point, n)}
	for i := range e.points {
		e.points[i].index = int64(i)
		e.visits = append(e.visits, visit{point: &e.points[i]})
	}
	var counts [n][n]int
	for round := range rounds {
		e.shuffle(round)
		for place, v := range e.visits {
			counts[v.point.index][place]++
		}
	}
	for i := range counts {
		for place, c := range counts[i] {
			if c < rounds/n*85/100 || c > rounds/n*115/100 { // four standard deviations
				t.Errorf("point %d is at place %d in %d of %d rounds", i, place, c, rounds)
			}
		}
	}
}

// Rounds go on without the points that know enough.
func TestAdaptiveAndInterleaved(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	l := &laboratory{value: func(x, _ int) float64 { return 1 + float64(x)*rng.NormFloat64() }}
	j := &memory{}
	s := parse(t, l, "sweep: {x: [0, 1]}",
		"measure: {samples: {min: 10, max: 80}, until: {metric: latency_ms, stat: p50, relative_ci: 0.05}, order: interleaved}")
	out := measure(t, s, j, Options{})
	quiet, noisy := j.of(0), j.of(1)
	if len(quiet) < 10 || len(quiet) > 20 || len(noisy) != 80 || out.Finished != 2 {
		t.Fatalf("%d and %d samples, %+v", len(quiet), len(noisy), out)
	}
	for _, rows := range [][]results.Sample{quiet, noisy} {
		for i, r := range rows {
			if r.Rep != i || r.Round != i {
				t.Errorf("sample %d has rep %d, round %d", i, r.Rep, r.Round)
			}
		}
	}
	if !hasWarning(out, "1 point took all 80 samples before latency_ms p50 was known to ±5%") {
		t.Errorf("warnings %v", out.Warnings)
	}
}

// The stop rule may follow a metric that the spec computes.
func TestAdaptiveOnAnExpression(t *testing.T) {
	t.Parallel()
	j := &memory{}
	l := &laboratory{value: func(_, sample int) float64 { return float64(1 + sample) }}
	s := parse(t, l, "sweep: {x: [2]}", "metrics: {half: sampled_count / x, rate_per_s: half / (half * latency_ms) * latency_ms}",
		"measure: {warmup: 1, samples: {min: 10, max: 80}, until: {metric: rate_per_s, stat: mean, relative_ci: 0.05}}")
	out := measure(t, s, j, Options{})
	if n := len(j.rows); n != 10 || out.Finished != 1 {
		t.Errorf("%d samples for a constant, %+v", n, out)
	}
}

// Between visits to other points a short sample is preceded by one that is
// thrown away; a long one is not.
func TestResettling(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pause   time.Duration
		order   string
		settles bool
	}{
		{0, "sequential", false}, {0, "interleaved", true},
		{resettleBelow - 1, "interleaved", true}, {resettleBelow, "interleaved", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			l, j := &laboratory{pause: c.pause}, &memory{}
			measure(t, parse(t, l, "sweep: {x: [1, 2]}", "measure: {warmup: 0, samples: 4, seed: 5, order: "+c.order+"}"), j, Options{})
			for x := 1; x <= 2; x++ {
				want := 4
				if c.settles {
					want += returns(j.order(), int64(x-1))
				}
				if n := l.count("sample", x); n != want {
					t.Errorf("%s, %v: point %d was sampled %d times, want %d", c.order, c.pause, x, n, want)
				}
			}
			if c.settles && returns(j.order(), 0) == 0 {
				t.Errorf("the order %v shows nothing", j.order())
			}
		})
	}
}

// returns is how often a point is visited after another one, but for its first
// visit.
func returns(order []int64, point int64) int {
	n, seen := 0, false
	for i, p := range order {
		if p == point {
			if seen && order[i-1] != p {
				n++
			}
			seen = true
		}
	}
	return n
}

// More points than may stay open are closed and opened again.
func TestEviction(t *testing.T) {
	t.Parallel()
	l, j := &laboratory{}, &memory{}
	s := parse(t, l, "sweep: {x: {range: [1, 1100, 1]}}", "measure: {warmup: 0, samples: 2}")
	out := measure(t, s, j, Options{})
	most, open := 0, 0
	for _, e := range l.events {
		switch e[:4] {
		case "open":
			open++
		case "clos":
			open--
		}
		most = max(most, open)
	}
	if most > maxInstances || open != 0 {
		t.Errorf("%d were open at once, %d at the end", most, open)
	}
	if len(j.rows) != 2200 || out.Finished != 1100 {
		t.Errorf("%d rows, %+v", len(j.rows), out)
	}
}

// A workload is told which repetition it is asked for, whatever was thrown away
// before it and however often the instance was opened again.
func TestRepetitionIsTold(t *testing.T) {
	t.Parallel()
	l, j := &laboratory{}, &memory{}
	l.value = func(int, int) float64 { return 1 + float64(l.rep) }
	s := parse(t, l, "sweep: {x: {range: [1, 1100, 1]}}", "measure: {warmup: 1, samples: 2}")
	measure(t, s, j, Options{})
	if len(j.rows) != 2200 {
		t.Errorf("%d rows", len(j.rows))
	}
	for _, r := range j.rows {
		if r.Values[0] != 1+float64(r.Rep) {
			t.Fatalf("repetition %d of point %d was called %v", r.Rep, r.Point, r.Values[0]-1)
		}
	}
}

// What makes room is the instance that was not used for longest.
func TestLeastRecentlyUsed(t *testing.T) {
	t.Parallel()
	e, err := newEngine(t.Context(), parse(t, &laboratory{}, "sweep: {x: [1, 2, 3]}", "measure: {samples: 9}"), &memory{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 1, 2, 0} {
		if err := e.repetition(t.Context(), &e.points[i]); err != nil {
			t.Fatal(err)
		}
	}
	if last := e.slots.Back().Value.(*slot).point; last != &e.points[1] {
		t.Errorf("point %d would be closed next", last.index)
	}
	e.closeAll()
}

// However often a run is interrupted, each point gets each of its samples
// exactly once, and the order is the one that it would have had.
func TestInterruptionLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.SampledFrom([]string{"sequential", "shuffled", "interleaved"}).Draw(t, "order")
		samples := rapid.IntRange(1, 5).Draw(t, "samples")
		points := rapid.IntRange(1, 6).Draw(t, "points")
		retries := rapid.IntRange(0, 2).Draw(t, "retries")
		lines := []string{
			fmt.Sprintf("sweep: {x: {range: [1, %d, 1]}}", points),
			fmt.Sprintf("measure: {warmup: 0, samples: %d, order: %s, retries: %d, on_error: continue, seed: 3}", samples, order, retries),
		}
		flaky := func() *laboratory {
			calls := 0
			return &laboratory{fail: func(int, int) error {
				if calls++; calls%4 == 3 {
					return errors.New("flake")
				}
				return nil
			}}
		}
		whole := &memory{}
		measure(t, parse(t, &laboratory{}, lines...), whole, Options{})

		j := &memory{}
		for interrupted := true; interrupted; {
			ctx, cancel := context.WithCancel(t.Context())
			left := rapid.IntRange(0, 7).Draw(t, "rows until the interrupt")
			j.fail = func(int) error {
				if left--; left < 0 {
					cancel()
				}
				return nil
			}
			out, err := measureContext(ctx, parse(t, flaky(), lines...), j, Options{})
			cancel()
			if err != nil {
				t.Fatal(err)
			}
			interrupted = out.Interrupted
		}
		checkExactlyOnce(t, j, points, samples, retries)
		if got, want := firstAttempts(j), firstAttempts(whole); !slices.Equal(got, want) {
			t.Fatalf("the order is %v, without interruption %v", got, want)
		}
	})
}

// checkExactlyOnce says whether every repetition has one good row, or as many
// failed ones as there are attempts.
func checkExactlyOnce(t *rapid.T, j *memory, points, samples, retries int) {
	type key struct {
		point int64
		rep   int
	}
	good, bad := map[key]int{}, map[key]int{}
	for _, r := range j.rows {
		if r.Status == results.OK {
			good[key{r.Point, r.Rep}]++
		} else {
			bad[key{r.Point, r.Rep}]++
		}
	}
	for p := range points {
		for rep := range samples {
			k := key{int64(p), rep}
			if good[k] > 1 || bad[k] > retries+1 || good[k] == 0 && bad[k] != retries+1 {
				t.Fatalf("point %d, repetition %d: %d good rows, %d failed ones", p, rep, good[k], bad[k])
			}
			delete(good, k)
			delete(bad, k)
		}
	}
	if len(good)+len(bad) > 0 {
		t.Fatalf("too many: %v %v", good, bad)
	}
}

// firstAttempts is the order in which repetitions begin.
func firstAttempts(j *memory) [][2]int64 {
	var order [][2]int64
	for _, r := range j.rows {
		if k := [2]int64{r.Point, int64(r.Rep)}; !slices.Contains(order, k) {
			order = append(order, k)
		}
	}
	return order
}

// An adaptive run that goes on takes the decisions that it would have taken.
func TestInterruptedAdaptiveRun(t *testing.T) {
	t.Parallel()
	lines := []string{"sweep: {x: [1, 2, 3]}",
		"measure: {warmup: 0, samples: {min: 6, max: 60}, until: {metric: latency_ms, stat: p50, relative_ci: 0.2}}"}
	// The value of a sample depends on how many rows there are, so that it is
	// the same in a run that goes on.
	run := func(cut int) *memory {
		j := &memory{}
		value := func(x, _ int) float64 {
			rng := rand.New(rand.NewPCG(uint64(x), uint64(len(j.of(int64(x-1))))))
			return 10 + float64(x)*rng.NormFloat64()
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		j.fail = func(n int) error {
			if n == cut {
				cancel()
			}
			return nil
		}
		for range 2 {
			if _, err := measureContext(ctx, parse(t, &laboratory{value: value}, lines...), j, Options{}); err != nil {
				t.Fatal(err)
			}
			ctx = t.Context()
		}
		return j
	}
	whole := run(-1)
	for cut := range len(whole.rows) {
		if got := run(cut); !slices.Equal(got.order(), whole.order()) {
			t.Fatalf("cut after row %d: %v, whole: %v", cut, got.order(), whole.order())
		}
	}
}
