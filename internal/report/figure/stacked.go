package figure

import "math"

// A segment is one part of a stacked bar.
type segment struct {
	part     int // index of the y
	from, to float64
}

// stack puts parts one upon the other: those above zero upwards from it, those
// below downwards. A part that is missing (NaN) or infinite takes no place and
// is counted. total is the sum.
func stack(parts []float64) (segments []segment, total float64, missing int) {
	var up, down float64
	for i, v := range parts {
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			missing++
		case v < 0:
			segments = append(segments, segment{i, down, down + v})
			down += v
		default:
			segments = append(segments, segment{i, up, up + v})
			up += v
		}
	}
	return segments, up + down, missing
}
