package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"runx/workloads"
)

// A Scale renders all values of one column in one unit, so that the eye can
// compare them: what is stored as latency_ms may be read in µs.
type Scale struct {
	Unit   string  // as shown: "µs", "MiB", "k/s"; empty where there is none
	factor float64 // shown value = stored value / factor
}

// A rung is one unit of a ladder, with its size in the ladder's own unit.
type rung struct {
	unit string
	size float64
}

// The ladders a unit can climb. Time is in ns.
var (
	timeLadder  = []rung{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}
	bytesLadder = []rung{{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}}
	rateLadder  = []rung{{"/s", 1}, {"k/s", 1e3}, {"M/s", 1e6}, {"G/s", 1e9}, {"T/s", 1e12}}
	flopsLadder = []rung{{"FLOP", 1}, {"kFLOP", 1e3}, {"MFLOP", 1e6}, {"GFLOP", 1e9}, {"TFLOP", 1e12}}
)

// ladderOf returns the ladder of a unit as [workloads.UnitOf] names it and the
// size of that unit on it.
func ladderOf(unit string) ([]rung, float64) {
	switch unit {
	case "ns":
		return timeLadder, 1
	case "us":
		return timeLadder, 1e3
	case "ms":
		return timeLadder, 1e6
	case "s":
		return timeLadder, 1e9
	case "bytes":
		return bytesLadder, 1
	case "1/s":
		return rateLadder, 1
	case "flops":
		return flopsLadder, 1
	}
	return nil, 1
}

// ScaleFor returns the scale in which the values of a column are best read:
// the largest unit in which their geometric mean is at least 1. Zeros, NaN and
// infinities have no say.
func ScaleFor(unit string, values []float64) Scale {
	ladder, size := ladderOf(unit)
	if ladder == nil {
		return Scale{factor: 1}
	}
	var logs float64
	var n int
	for _, v := range values {
		if v = math.Abs(v); v > 0 && !math.IsInf(v, 0) {
			logs += math.Log(v * size)
			n++
		}
	}
	best := ladder[0]
	if n == 0 {
		i := slices.IndexFunc(ladder, func(r rung) bool { return r.size == size })
		best = ladder[max(i, 0)]
	} else {
		// A hair of tolerance, because exp(log(1000)) may fall short of 1000.
		middle := math.Exp(logs/float64(n)) * (1 + 1e-9)
		for _, r := range ladder {
			if middle >= r.size {
				best = r
			}
		}
	}
	return Scale{Unit: best.unit, factor: best.size / size}
}

// Of returns the shown value of a stored one.
func (s Scale) Of(v float64) float64 { return v / s.factor }

// Format renders one stored value without its unit, to four significant
// digits; what is not a number is "-".
func (s Scale) Format(v float64) string {
	v = s.Of(v)
	return formatDecimals(v, decimalsFor(v))
}

// FormatInterval renders an estimate with its interval beside it, all three to
// the same decimal place. An interval that is unknown is left out.
func (s Scale) FormatInterval(v, lo, hi float64) string {
	if math.IsNaN(lo) || math.IsNaN(hi) {
		return s.Format(v)
	}
	v, lo, hi = v/s.factor, lo/s.factor, hi/s.factor
	// An end with a fraction shows it, as far as the estimate has digits.
	d := min(max(decimalsFor(v), decimalsFor(lo), decimalsFor(hi)), fourDigits(v))
	return formatDecimals(v, d) + " [" + formatDecimals(lo, d) + ", " + formatDecimals(hi, d) + "]"
}

// QuantityInterval renders one estimate with its interval and its unit.
func QuantityInterval(metric string, v, lo, hi float64) string {
	s := ScaleFor(workloads.UnitOf(metric), []float64{v})
	estimate, interval, known := strings.Cut(s.FormatInterval(v, lo, hi), " ")
	text := estimate
	if s.Unit != "" {
		text += unitGap(s.Unit) + s.Unit
	}
	if known {
		text += " " + interval
	}
	return text
}

// unitGap is the space before a unit; "12.3 k/s" has one, "12.3/s" has none.
func unitGap(unit string) string {
	if strings.HasPrefix(unit, "/") {
		return ""
	}
	return " "
}

// BaseName is a metric's name without the unit that it ends in, for a heading
// that states the unit it is shown in.
func BaseName(metric string) string {
	switch workloads.UnitOf(metric) {
	case "":
		return metric
	case "1/s":
		return strings.TrimSuffix(metric, "_per_s")
	case "ratio", "count", "flops":
		return metric
	}
	return metric[:strings.LastIndexByte(metric, '_')]
}

// decimalsFor gives a value four significant digits, and a whole number none
// behind the point.
func decimalsFor(v float64) int {
	if v == math.Trunc(v) {
		return 0
	}
	return fourDigits(v)
}

func fourDigits(v float64) int {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	// Of what is rounded: 0.99999 is 1.000.
	_, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 3, 64), "e")
	power, _ := strconv.Atoi(exponent) // it is a number, as FormatFloat made it
	return min(max(3-power, 0), 9)
}

func formatDecimals(v float64, decimals int) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case math.Abs(v) >= 1e9:
		return strconv.FormatFloat(v, 'g', 4, 64)
	case v != 0 && math.Abs(v) < 1e-4:
		return strconv.FormatFloat(v, 'e', min(decimals, 3), 64)
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// Duration renders a duration for a person: two units at most.
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "unknown"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	d = d.Round(time.Second)
	units := []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}
	for i, u := range units {
		if d < u.size {
			continue
		}
		text := strconv.FormatInt(int64(d/u.size), 10) + " " + u.name
		if i+1 < len(units) {
			if rest := d % u.size / units[i+1].size; rest > 0 {
				text += " " + strconv.FormatInt(int64(rest), 10) + " " + units[i+1].name
			}
		}
		return text
	}
	return "0 s"
}

// Count renders a whole number with its thousands apart.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
