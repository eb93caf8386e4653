package spec

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"runx/internal/document"
)

// TestLateFailure holds that an expression which fails far behind what is
// checked before a run ends the points with the values at which it does.
func TestLateFailure(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"sweep: {seq_len: {range: [1, 300000, 1]}}\nwhere: 7 % (seq_len - 250000) != 8\n",
		"sweep: {seq_len: {range: [1, 300000, 1]}}\nparams: {batch: {expr: 7 % (seq_len - 250000) + 8}}\n",
		"sweep: {seq_len: {range: [1, 300000, 1]}}\nparams: {batch: {expr: 250000 - seq_len}}\n",
	} {
		s := parse(t, head+src)
		n := 0
		var failure error
		for _, err := range s.Points() {
			if err != nil {
				failure = err
				break
			}
			n++
		}
		var problems document.Problems
		if n != 249_999 || !errors.As(failure, &problems) || !strings.Contains(failure.Error(), "seq_len=250000") {
			t.Errorf("%s: %d points, then %v", src, n, failure)
		}
		if _, stays, err := s.At(249_999); stays || err == nil {
			t.Errorf("%s: At stays %t, %v", src, stays, err)
		}
	}
	s := parse(t, head+"sweep: {seq_len: {range: [1, 300000, 1]}}\nwhere: 7 % (seq_len - 250000) != 8\n")
	if n, complete, err := s.Count(t.Context()); complete || err == nil || n != 249_999 {
		t.Errorf("Count says %d %t %v", n, complete, err)
	}
	for _, index := range []int64{-1, 300_000} {
		if _, _, err := s.At(index); err == nil {
			t.Errorf("At(%d) is no error", index)
		}
	}
}

// TestEndlessGrid holds that looking for points that may not exist ends with
// the context.
func TestEndlessGrid(t *testing.T) {
	t.Parallel()
	s := parse(t, head+"sweep: {seq_len: {range: [1, 1000000, 1]}, batch: {range: [1, 1000000, 1]}}\nwhere: seq_len * 2 + batch * 2 == 7\n")
	if len(s.Warnings) != 1 {
		t.Errorf("warnings: %v", s.Warnings)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	for p, err := range s.PointsUntil(ctx) {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, %v", p, err)
		}
	}
	if n, complete, err := s.Count(ctx); n != 0 || complete || err != nil {
		t.Errorf("Count says %d %t %v", n, complete, err)
	}
}

// TestFarPoints holds that points far behind the first ones are found before a
// spec is said to have none.
func TestFarPoints(t *testing.T) {
	t.Parallel()
	const axes = "sweep: {seq_len: {range: [1, 1000000, 1]}, batch: {range: [1, 1000000, 1]}}\n"
	for _, where := range []string{"seq_len + batch > 1000001", "seq_len == 1 && batch == 150000"} {
		synctest.Test(t, func(t *testing.T) { // its clock stands still: the time for the search never ends
			if s := parse(t, head+axes+"where: "+where+"\n"); len(s.Warnings) != 0 {
				t.Errorf("%s: %v", where, s.Warnings)
			}
		})
	}
}
