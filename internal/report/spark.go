package report

import (
	"math"
	"slices"
)

// sparkLevels are the heights of a sparkline.
var sparkLevels = []rune("▁▂▃▄▅▆▇█")

// sparkSpan is the least relative range that a sparkline fills: what moves by
// less is drawn flat, or noise would look like news.
const sparkSpan = 0.2

// Spark draws numbers in the order in which they came as width blocks, each the
// median of its share of them. Its foot and head are those of the medians, yet
// at least 10% below and above their middle. It is empty where there are fewer
// numbers than blocks.
func Spark(values []float64, width int) string {
	if width <= 0 || len(values) < width {
		return ""
	}
	medians := make([]float64, width)
	for i := range medians {
		medians[i] = middle(values[i*len(values)/width : (i+1)*len(values)/width])
	}
	centre := middle(medians)
	foot, head := slices.Min(medians), slices.Max(medians)
	half := math.Abs(centre) * sparkSpan / 2
	foot, head = min(foot, centre-half), max(head, centre+half)
	line := make([]rune, width)
	for i, m := range medians {
		level := len(sparkLevels) / 2
		if head > foot {
			level = int((m - foot) / (head - foot) * float64(len(sparkLevels)))
		}
		line[i] = sparkLevels[min(max(level, 0), len(sparkLevels)-1)]
	}
	return string(line)
}

func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
