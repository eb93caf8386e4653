package html

import (
	"slices"
	"testing"

	"runx/internal/report"
)

func TestWhatIsSaidOfManyIsSaidOnce(t *testing.T) {
	t.Parallel()
	var r remarks
	r.add("first", "the 300 of a point are worth 67.5", "measure longer")
	r.add("first", "the 20 of a point are worth 5", "measure longer")
	r.add("second", "the 300 of a point are worth 67.5", "measure longer")
	r.add("second", "the 300 of a point are worth 67.5", "take 6")
	got := r.doubts("claim")
	if len(got) != 2 {
		t.Fatalf("got %+v", got)
	}
	if want := "2 claims: the 300 of a point are worth 67.5; elsewhere likewise, in other numbers"; got[0].What != want || !slices.Equal(got[0].Where, []string{"first", "second"}) {
		t.Errorf("got %+v, want %q", got[0], want)
	}
	if want := "claim “second”: the 300 of a point are worth 67.5"; got[1].What != want || got[1].Where != nil || got[1].Cure != "take 6" {
		t.Errorf("got %+v, want %q", got[1], want)
	}
}

func TestStatisticsWithoutAnInterval(t *testing.T) {
	t.Parallel()
	bare := func(metric, stat string, without int) bareColumn {
		return bareColumn{report.Statistic{Metric: metric, Stat: stat}, without, 9, "take 6"}
	}
	got := unsure([]bareColumn{bare("a_ms", "p50", 3), bare("a_ms", "p95", 9), bare("b_ms", "p50", 4)})
	if len(got) != 2 {
		t.Fatalf("got %+v", got)
	}
	if want := []string{"b_ms (4 of 9 points)", "a_ms (3 of 9 points)"}; got[0].What != "p50 of 2 metrics has no 95% interval at some points" || !slices.Equal(got[0].Where, want) {
		t.Errorf("got %+v", got[0])
	}
	if got[1].What != "p95 of a_ms has no 95% interval at 9 of 9 points" || got[1].Where != nil {
		t.Errorf("got %+v", got[1])
	}
}
