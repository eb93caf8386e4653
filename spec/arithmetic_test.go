package spec

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestArithmeticIsExactOrNone(t *testing.T) {
	t.Parallel()
	whole := rapid.OneOf(rapid.Int(), rapid.IntRange(-10, 10), rapid.SampledFrom([]int{math.MinInt, math.MinInt + 1, math.MaxInt, 1 << 31, 1 << 32, -1 << 32}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := whole.Draw(t, "a"), whole.Draw(t, "b")
		x, y := big.NewInt(int64(a)), big.NewInt(int64(b))
		for name, c := range map[string]struct {
			apply func(a, b int) (int, bool)
			want  *big.Int
		}{
			"+": {add, new(big.Int).Add(x, y)},
			"-": {subtract, new(big.Int).Sub(x, y)},
			"*": {multiply, new(big.Int).Mul(x, y)},
		} {
			n, ok := c.apply(a, b)
			if ok != c.want.IsInt64() || ok && int64(n) != c.want.Int64() {
				t.Fatalf("%d %s %d = %d, %t; want %s", a, name, b, n, ok, c.want)
			}
		}
	})
}

// The operations of a large model are more than an int holds.
func TestMetricsDoNotOverflow(t *testing.T) {
	t.Parallel()
	s := parse(t, head+`params: {seq_len: 1}
metrics:
  whole_flops: 6 * batch * seq_len
  rate_per_s: 6 * batch * seq_len / (latency_ms / 1e3)
  float_flops: 6 * float(batch) * seq_len
`)
	env := map[string]any{"batch": 70_000_000_000, "seq_len": 1_000_000_000, "latency_ms": 1.0}
	for i, want := range []float64{math.NaN(), math.NaN(), 4.2e20} {
		m := &s.Metrics[i]
		v, err := m.Eval(env)
		overflows := err != nil && strings.Contains(err.Error(), "420000000000 * 1000000000 does not fit a 64-bit integer")
		if overflows != math.IsNaN(want) || !overflows && v != want {
			t.Errorf("%s is %v, %v", m.Name, v, err)
		}
	}
}
