package figure

import "math"

// cascade puts stages one after the other: each begins where the one before
// ended. A stage that is missing (NaN) or infinite takes no place and is
// counted.
func cascade(stages []float64) (segments []segment, total float64, missing int) {
	for i, v := range stages {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			missing++
			continue
		}
		segments = append(segments, segment{i, total, total + v})
		total += v
	}
	return segments, total, missing
}
