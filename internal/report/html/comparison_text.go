package html

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// change says how much more or less a ratio is: "+12.3%", or "×3.2" where
// percent are hard to read.
func change(ratio float64) string {
	switch {
	case math.IsNaN(ratio) || math.IsInf(ratio, 0):
		return "-"
	case ratio >= 2:
		return "×" + strconv.FormatFloat(ratio, 'g', 3, 64)
	case ratio <= 0.5 && ratio > 0:
		return "÷" + strconv.FormatFloat(1/ratio, 'g', 3, 64)
	}
	percent := math.Abs(ratio-1) * 100
	decimals := 1
	if percent < 1 {
		decimals = 2
	}
	text := strconv.FormatFloat(percent, 'f', decimals, 64) + "%"
	switch {
	case text == "0.00%":
		return "0%"
	case ratio > 1:
		return "+" + text
	}
	return "−" + text
}

// interval says where a change lies; "exact" where nothing varied.
func interval(lo, hi float64) string {
	switch {
	case math.IsNaN(lo) || math.IsNaN(hi):
		return ""
	case lo == hi:
		return "exact"
	}
	return "[" + change(lo) + ", " + change(hi) + "]"
}

func changeInterval(ratio, lo, hi float64) string {
	if i := interval(lo, hi); i != "" {
		return change(ratio) + " " + i
	}
	return change(ratio)
}

func percent(share float64) string {
	return strconv.FormatFloat(share*100, 'g', 4, 64) + "%"
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
