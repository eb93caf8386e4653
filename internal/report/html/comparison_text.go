package html

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"runx/internal/report"
)

// interval says where a change lies; "exact" where nothing varied.
func interval(lo, hi float64) string {
	switch {
	case math.IsNaN(lo) || math.IsNaN(hi):
		return ""
	case lo == hi:
		return "exact"
	}
	return report.ChangeInterval(lo, hi)
}

func changeInterval(ratio, lo, hi float64) string {
	if i := interval(lo, hi); i != "" {
		return report.Change(ratio) + " " + i
	}
	return report.Change(ratio)
}

// probability is a p-value as one reads it.
func probability(p float64) string {
	switch {
	case math.IsNaN(p):
		return "-"
	case p < 0.001:
		return "<0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

// moment is a time in microseconds since 1970, for a person; empty where it is
// unknown.
func moment(micros int64) string {
	if micros <= 0 {
		return ""
	}
	return time.UnixMicro(micros).UTC().Format("2006-01-02 15:04 UTC")
}

func coordinate(x float64) string { return fmt.Sprintf("%.1f", x) }
