package workloads

import "testing"

func TestQuotaOf(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]float64{
		"max 100000\n":    0,
		"200000 100000\n": 2,
		"50000 100000\n":  0.5,
		"100000 0\n":      0,
		"100000":          0,
		"":                0,
		"max 100000":      0,
		"150000 100000":   1.5,
		"1 0":             0,
	} {
		if got := quotaOf(content); got != want {
			t.Errorf("cpu.max %q grants %v cores, want %v", content, got, want)
		}
	}
}
