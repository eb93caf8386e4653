package report

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func someProgress() Progress {
	return Progress{
		Name: "week07", PointsDone: 3, PointsTotal: 12, Samples: 120, SamplesExpected: 480,
		Elapsed: 20 * time.Second, Remaining: time.Minute, RemainingKnown: true, Round: 4,
		Point:    "algorithm=naive seq_len=1024",
		Estimate: Estimate{Metric: "latency_ms", Stat: "p50", Value: 40.1, Lo: 39.5, Hi: 41.25, N: 17},
		Warnings: []string{"2 samples are tainted"},
	}
}

func TestBlockRedrawsInPlace(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	block := Block{Out: &b, Width: func() int { return 80 }}
	p := someProgress()
	if err := block.Draw(&p); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"week07  ██████████░░", " 25%  20 s, about 1 min to go", "3 of 12 points, 120 samples",
		"now  algorithm=naive seq_len=1024  round 4",
		"est  latency p50 40.10 ms [39.50, 41.25] from 17 samples", "warning: 2 samples are tainted",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the block lacks %q:\n%s", want, b.String())
		}
	}
	drawn := strings.Count(b.String(), "\n")
	b.Reset()
	p.Warnings, p.Estimate = nil, Estimate{}
	if err := block.Draw(&p); err != nil {
		t.Fatal(err)
	}
	if up := fmt.Sprintf("\x1b[%dA", drawn); !strings.HasPrefix(b.String(), up) {
		t.Errorf("the second drawing begins with %q, want %q up", b.String()[:8], up)
	}
	if !strings.HasSuffix(b.String(), "\x1b[J") {
		t.Errorf("lines of the taller drawing stay: %q", b.String())
	}
	b.Reset()
	if err := block.Clear(); err != nil || b.String() != fmt.Sprintf("\x1b[%dA\r\x1b[J", drawn-2) {
		t.Errorf("Clear wrote %q, error %v", b.String(), err)
	}
	b.Reset()
	if err := block.Clear(); err != nil || b.String() != "" {
		t.Errorf("a second Clear wrote %q, error %v", b.String(), err)
	}
}

// A line that wraps would break the redrawing.
func TestBlockNeverWraps(t *testing.T) {
	t.Parallel()
	p := someProgress()
	p.Point = strings.Repeat("p=1 ", 100)
	p.Warnings = []string{strings.Repeat("long ", 100), "a\nb"}
	for width := 21; width < 200; width += 7 {
		block := Block{Width: func() int { return width }}
		for _, line := range block.render(&p, width-1) {
			if cells(line) > width-1 || strings.Contains(line, "\n") {
				t.Errorf("in %d cells: %q", width, line)
			}
		}
	}
}

func TestBar(t *testing.T) {
	t.Parallel()
	for fraction, want := range map[float64]string{0: "░░░░", 0.5: "██░░", 1: "████", 0.25 + 1.0/32: "█▏░░"} {
		if got := bar(fraction, 4, Style{}); got != want {
			t.Errorf("bar(%v) = %q, want %q", fraction, got, want)
		}
		plain := strings.NewReplacer("█", "#", "░", ".", "▏", ".").Replace(want)
		if got := bar(fraction, 4, Style{ASCII: true}); got != plain {
			t.Errorf("bar(%v) in ASCII = %q, want %q", fraction, got, plain)
		}
	}
}

func TestLinesAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	lines := Lines{Out: &b}
	p := someProgress()
	p.SamplesExpected = 100_000
	for i := range int64(100_001) {
		p.Samples, p.Elapsed = i, time.Duration(i)*time.Millisecond
		if err := lines.Print(&p); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(b.String(), "\n"); n < 15 || n > 22 {
		t.Errorf("%d lines, want about 21:\n%s", n, b.String())
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Errorf("a log has no use for escape sequences: %q", b.String())
	}
}

func TestEstimateWithoutSamplesIsSilent(t *testing.T) {
	t.Parallel()
	if got := (Estimate{Metric: "latency_ms", Stat: "p50", Value: math.NaN(), N: 3}).String(); got != "" {
		t.Errorf("got %q", got)
	}
	e := Estimate{Metric: "latency_ms", Stat: "p50", Value: 2, Lo: math.NaN(), Hi: math.NaN(), N: 1}
	if got := e.String(); got != "latency p50 2 ms from 1 sample" {
		t.Errorf("got %q", got)
	}
}

func TestCountsInWords(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]Progress{
		"0 of 1 point, 1 sample":                          {PointsTotal: 1, Samples: 1},
		"1 of 2 points, 1 sample, 1 attempt failed":       {PointsDone: 1, PointsTotal: 2, Samples: 1, Failed: 1},
		"1 of 2 points, 3 samples, 1,000 attempts failed": {PointsDone: 1, PointsTotal: 2, Samples: 3, Failed: 1000},
	} {
		if got := p.counts(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Where a repetition yields several samples both are counted, each by its name.
func TestRepetitionsOfSeveralSamples(t *testing.T) {
	t.Parallel()
	p := someProgress()
	p.Rows = 24000
	var b strings.Builder
	block := Block{Out: &b, Width: func() int { return 100 }}
	if err := block.Draw(&p); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3 of 12 points, 120 repetitions of 24,000 samples", "[39.50, 41.25] from 17 repetitions"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the block lacks %q:\n%s", want, b.String())
		}
	}
}

// A point that takes long to open says so, in a block and in a log.
func TestOpeningIsTold(t *testing.T) {
	t.Parallel()
	p := Progress{Name: "week04", PointsTotal: 2, Point: "model=large", Opening: true, Round: 1}
	var b strings.Builder
	block := Block{Out: &b, Width: func() int { return 80 }}
	if err := block.Draw(&p); err != nil || !strings.Contains(b.String(), "now  opening model=large  round 1") {
		t.Errorf("the block is %q, error %v", b.String(), err)
	}
	b.Reset()
	lines := Lines{Out: &b}
	for range 3 {
		if err := lines.Print(&p); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.String(); got != "week04: opening model=large\n" {
		t.Errorf("the log says %q", got)
	}
}
