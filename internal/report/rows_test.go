package report

import (
	"slices"
	"strings"
	"testing"
)

// Of many points those are shown that stand for all: both ends of each axis.
func TestTellingRows(t *testing.T) {
	t.Parallel()
	summary := summaryOf(t) // mode slow, fast times size 1, 20
	for _, tt := range []struct {
		limit int
		rows  []int
		left  string
	}{
		{0, []int{0, 1, 2, 3}, ""},
		{4, []int{0, 1, 2, 3}, ""},
		{3, []int{0, 2}, "size=1"},
		{1, []int{0}, "mode=slow size=1"},
	} {
		rows, left := telling(summary, tt.limit)
		if !slices.Equal(rows, tt.rows) || strings.Join(left, " ") != tt.left {
			t.Errorf("of 4 points at most %d: rows %v, %q; want %v, %q", tt.limit, rows, left, tt.rows, tt.left)
		}
	}
}

func TestThin(t *testing.T) {
	t.Parallel()
	a := &axis{kept: []int{0, 1, 2, 3, 4, 5, 6, 7}}
	for _, want := range [][]int{{0, 2, 4, 7}, {0, 7}, {0}} {
		if a.thin(); !slices.Equal(a.kept, want) {
			t.Errorf("got %v, want %v", a.kept, want)
		}
	}
}

// Numbers go before names, the longest axis first; of pairs the last axis loses one.
func TestLongest(t *testing.T) {
	t.Parallel()
	names, short, long, pair, last := &axis{text: true, kept: make([]int, 9)}, &axis{kept: make([]int, 3)},
		&axis{kept: make([]int, 5)}, &axis{kept: make([]int, 2)}, &axis{kept: make([]int, 2)}
	for _, tt := range []struct {
		axes []*axis
		want *axis
	}{
		{[]*axis{names, short, long, pair}, long},
		{[]*axis{names, short, pair}, short},
		{[]*axis{names, pair}, names},
		{[]*axis{pair, last}, last},
		{[]*axis{{kept: []int{0}}}, nil},
	} {
		if got := longest(tt.axes); got != tt.want {
			t.Errorf("of %v: %v, want %v", tt.axes, got, tt.want)
		}
	}
}

func TestSpark(t *testing.T) {
	t.Parallel()
	var steady, drift, jump []float64
	for i := range 40 {
		steady = append(steady, 100+float64(i%3))
		drift = append(drift, 100+float64(i))
		jump = append(jump, 100)
		if i >= 20 {
			jump[i] = 200
		}
	}
	for _, tt := range []struct {
		values []float64
		width  int
		want   string
	}{
		{steady, 4, "▅▅▅▅"}, // 2% is no news
		{drift, 8, "▁▂▃▄▅▆▇█"},
		{jump, 4, "▁▁▇▇"},
		{make([]float64, 8), 4, "▅▅▅▅"},
		{steady[:3], 4, ""},
		{steady, 0, ""},
	} {
		if got := Spark(tt.values, tt.width); got != tt.want {
			t.Errorf("Spark of %d values from %v: %q, want %q", len(tt.values), tt.values[:1], got, tt.want)
		}
	}
}
