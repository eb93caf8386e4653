package main

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// sleeper is a side that claims a number of seconds for each call.
func sleeper(name string, seconds float64, result ...float32) side {
	return side{name: name, calls: func(n int) (float64, error) { return seconds * float64(n), nil }}.into(result)
}

func TestContestComparesWithTheFastestPeer(t *testing.T) {
	t.Parallel()
	c := contest{
		name: "a", unit: milliseconds, figure: figure{ratio: 1.5},
		ours: []side{sleeper(" well", 0.002, 1), sleeper(" badly", 0.008, 1)}, tolerance: 0.1,
		theirs: []side{{name: "gone", missing: errors.New("not here")}, sleeper("slow", 0.008, 1), sleeper("fast", 0.004, 1.05)},
	}
	rows, err := c.run(3)
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	r := rows[0]
	if r.name != "a well" || r.peer != "fast" || math.Abs(r.ratio-2) > 1e-9 || math.Abs(r.ours-2) > 1e-9 || math.Abs(r.theirs-4) > 1e-9 || r.missed() != nil {
		t.Errorf("%+v, want ratio 2 to fast: 2 ms to 4 ms", r)
	}
	if missed := rows[1].missed(); missed == nil || !strings.Contains(missed.Error(), "a badly: ratio 0.500 to fast, at least 1.50") {
		t.Errorf("%v: want a figure missed", missed)
	}
}

func TestContestRefusesOtherResults(t *testing.T) {
	t.Parallel()
	for _, result := range [][]float32{{1.2}, {float32(math.NaN())}, {1, 1}} {
		c := contest{name: "a", unit: milliseconds, ours: ours(sleeper("", 1, 1)), theirs: []side{sleeper("peer", 1, result...)}, tolerance: 0.1}
		if _, err := c.run(1); err == nil {
			t.Errorf("a result of %v passed for 1", result)
		}
	}
}

func TestContestWithoutPeerIsSkipped(t *testing.T) {
	t.Parallel()
	c := contest{name: "a", unit: milliseconds, figure: figure{ratio: 1}, ours: ours(sleeper("", 0.5)), theirs: []side{{name: "gone", missing: errors.New("not here")}}}
	rows, err := c.run(1)
	if err != nil || len(rows) != 1 || rows[0].verdict() != "skipped: not here" || rows[0].missed() != nil || rows[0].ours != 500 {
		t.Errorf("%+v, %v", rows, err)
	}
}

// A race that lasts too long has fewer rounds.
func TestRaceKeepsToItsTime(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]int{0.01: 9, 1: 5, 30: leastRounds} {
		got, err := race(9, sleeper("", seconds), sleeper("", seconds))
		if err != nil || len(got[0]) != want || len(got[1]) != want {
			t.Errorf("calls of %v s: %d rounds, %v, want %d", seconds, len(got[0]), err, want)
		}
	}
}

// Each ratio is of one round, so a machine that becomes slower does not show.
func TestRatioIsOfNeighbours(t *testing.T) {
	t.Parallel()
	drift := times{{1, 2, 10}, {2, 4, 20}}
	if got := drift.ratio(0, 1); got != 2 {
		t.Errorf("ratio %v, want 2", got)
	}
	if got := drift.seconds(0); got != 2 {
		t.Errorf("median %v, want 2", got)
	}
	if got := median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("median of an even number is %v, want 2.5", got)
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	rows := []row{
		{name: "fast enough", ratio: 1, figure: figure{ratio: 1}},
		{name: "too slow", ratio: 0.94, peer: "them", figure: figure{ratio: 0.95}},
		{name: "not measured", ratio: math.NaN(), peer: "them", figure: figure{ratio: 0.95}},
		{name: "short", ours: 0.9, figure: figure{most: 1}},
		{name: "short without a peer", ours: 0.9, figure: figure{most: 1}, skipped: errors.New("no peer")},
		{name: "long", ours: 1.1, unit: "ns/element", figure: figure{most: 1}},
		{name: "absent", figure: figure{ratio: 1}, skipped: errors.New("no peer")},
		{name: "for information", ratio: 0.1},
	}
	var out strings.Builder
	err := printVerdict(&out, rows)
	if err == nil || !strings.Contains(out.String(), "3 reached, 3 missed, 1 skipped") {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"too slow: ratio 0.940 to them", "not measured: ", "long: 1.1 ns/element, at most 1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
}

func TestGeometricMean(t *testing.T) {
	t.Parallel()
	rows := []row{{ratio: 2, peer: "p"}, {ratio: 0.5, peer: "p"}, {ratio: 8, peer: "p"}}
	if mean := geometricMean("mean", figure{}, rows); math.Abs(mean.ratio-2) > 1e-12 || mean.peer != "p" {
		t.Errorf("%+v, want 2", mean)
	}
	rows[1].skipped = errors.New("no peer")
	if mean := geometricMean("mean", figure{ratio: 1}, rows); mean.skipped == nil {
		t.Error("the mean over a row without peer counts")
	}
}
