package stats

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A vector is a case of testdata/vectors.json, which numpy and scipy made, or of
// testdata/r.json, which R made.
type vector struct {
	X, Y []float64
	P    map[string]float64
	Want map[string]numbers
}

// numbers are such that null stands for NaN.
type numbers []float64

func (n *numbers) UnmarshalJSON(text []byte) error {
	var raw []*float64
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	for _, v := range raw {
		if v == nil {
			*n = append(*n, math.NaN())
		} else {
			*n = append(*n, *v)
		}
	}
	return nil
}

func readVectors(t *testing.T, name string) map[string][]vector {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string][]vector
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// A check computes what a vector wants, by the same names; what it leaves out
// is not compared.
type check func(v vector) map[string]numbers

var checks = map[string]check{
	"moments": func(v vector) map[string]numbers {
		return map[string]numbers{"mean": {Mean(v.X)}, "std": {Std(v.X)}, "skewness": {Skewness(v.X)}}
	},
	"geomean": func(v vector) map[string]numbers { return map[string]numbers{"geomean": {GeoMean(v.X)}} },
	"quantile": func(v vector) map[string]numbers {
		return map[string]numbers{"quantile": {Quantile(ordered(v.X), v.P["q"])}}
	},
	"quantile_interval": func(v vector) map[string]numbers {
		ramp := make([]float64, int(v.P["n"]))
		for i := range ramp {
			ramp[i] = float64(i + 1)
		}
		i, _ := QuantileInterval(ramp, v.P["q"], v.P["confidence"])
		return map[string]numbers{"ranks": ends(i)}
	},
	"fit_line": func(v vector) map[string]numbers {
		f := FitLine(v.X, v.Y)
		i, _ := f.SlopeInterval(v.P["confidence"])
		return map[string]numbers{"slope": {f.Slope}, "intercept": {f.Intercept}, "r2": {f.R2}, "interval": ends(i)}
	},
	"fit_power": func(v vector) map[string]numbers {
		f := FitPower(v.X, v.Y)
		i, _ := f.Interval(v.P["confidence"])
		return map[string]numbers{"slope": {f.Exponent}, "intercept": {f.Factor}, "r2": {f.R2}, "interval": ends(i)}
	},
	"fit_exponential": func(v vector) map[string]numbers {
		f := FitExponential(v.X, v.Y)
		i, _ := f.Interval(v.P["confidence"])
		return map[string]numbers{"slope": {f.Rate}, "intercept": {f.Factor}, "r2": {f.R2}, "interval": ends(i)}
	},
	"spearman": func(v vector) map[string]numbers {
		return map[string]numbers{"rho": {Spearman(v.X, v.Y)}, "ranks": MidRanks(v.X)}
	},
	"mann_whitney": func(v vector) map[string]numbers {
		r := mannWhitney(v.X, v.Y)
		exact := 0.0
		if r.Exact {
			exact = 1
		}
		return map[string]numbers{"u": {r.U}, "p": {r.P}, "exact": {exact}}
	},
	"hodges_lehmann": func(v vector) map[string]numbers {
		s := hodgesLehmann(v.X, v.Y, v.P["confidence"])
		return map[string]numbers{"estimate": {s.Estimate}, "interval": ends(s.Interval)}
	},
	"holm": func(v vector) map[string]numbers { return map[string]numbers{"p": Holm(v.X)} },
	"bootstrap": func(v vector) map[string]numbers {
		values, confidence := v.Want["resampled"], v.P["confidence"]
		percentile, _ := PercentileInterval(values, confidence)
		bca, _ := PercentileInterval(BCa(v.Want["estimate"][0], values, byJackknife(v.Y)), confidence)
		return map[string]numbers{"percentile": ends(percentile), "bca": ends(bca)}
	},
	"small_sample": func(v vector) map[string]numbers {
		return map[string]numbers{"confidence": {SmallSampleConfidence(v.P["confidence"], int(v.P["blocks"]))}}
	},
	"small_sample_share": func(v vector) map[string]numbers {
		return map[string]numbers{"share": {SmallSampleShare(v.P["share"], int(v.P["blocks"]))}}
	},
	"blocked": checkBlocked,
	"series": func(v vector) map[string]numbers {
		acf := make(numbers, 6)
		for lag := range acf {
			acf[lag] = Autocorrelation(v.X, lag)
		}
		return map[string]numbers{"acf": acf, "n_eff": {EffectiveSize(v.X)}}
	},
	"change_point": func(v vector) map[string]numbers {
		c := ChangePoint(v.X)
		return map[string]numbers{"at": {float64(c.At)}, "p": {c.P}, "medians": {c.Before, c.After}}
	},
	"knee":      func(v vector) map[string]numbers { return map[string]numbers{"at": {Knee(v.X, v.Y)}} },
	"bin_edges": func(v vector) map[string]numbers { return map[string]numbers{"edges": BinEdges(v.X, 1000)} },
	"density": func(v vector) map[string]numbers {
		return map[string]numbers{
			"silverman": {silverman(v.X)}, "density": densityAt(v.X, v.Want["at"], silverman(v.X)), "sheather_jones": {Bandwidth(v.X)},
		}
	},
}

func checkBlocked(v vector) map[string]numbers {
	counts, block := make([]int32, len(v.Want["counts"])), make([]int32, len(v.Y))
	for i, c := range v.Want["counts"] {
		counts[i] = int32(c)
	}
	for i, b := range v.Y {
		block[i] = int32(b)
	}
	w := NewBlocked(v.X, block, len(counts))
	var quantiles numbers
	for _, q := range []float64{0, 0.1, 0.5, 0.77, 0.99, 1} {
		quantiles = append(quantiles, w.Quantile(counts, q))
	}
	return map[string]numbers{
		"n": {float64(w.N(counts))}, "mean": {w.Mean(counts)}, "std": {w.Std(counts)}, "skewness": {w.Skewness(counts)},
		"min": {w.Min(counts)}, "max": {w.Max(counts)}, "quantiles": quantiles,
	}
}

// byJackknife is the acceleration as scipy estimates it, from the values with one
// sample left out each.
func byJackknife(values []float64) float64 {
	_, m2, m3 := centralSums(values)
	return -m3 / (6 * m2 * math.Sqrt(m2))
}

// loose are results of an iteration that R stops early, of a kernel that ends, and
// of an interval between the few hundred values that it is corrected at.
var loose = map[string]float64{"sheather_jones": 0.02, "density": 1e-7, "bca": 0.01}

func TestVectors(t *testing.T) {
	t.Parallel()
	for file, script := range map[string]string{"vectors.json": "vectors.py", "r.json": "vectors.R"} {
		for function, vectors := range readVectors(t, file) {
			for i, v := range vectors {
				got := checks[function](v)
				compared := 0
				for name, values := range got {
					if want, ok := v.Want[name]; ok {
						compared++
						if !allNear(values, want, max(loose[name], 1e-9)) {
							t.Errorf("%s: %s %d, %v: %s is %v, %s says %v", file, function, i, v.P, name, values, script, want)
						}
					}
				}
				if compared == 0 {
					t.Errorf("%s: %s %d: nothing is compared", file, function, i)
				}
			}
		}
	}
}

func allNear(a, b numbers, relative float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool {
		return near(x, y, relative) || math.Abs(x-y) < 1e-12 || math.IsNaN(x) && math.IsNaN(y)
	})
}

func ordered(x []float64) []float64 { return slices.Sorted(slices.Values(x)) }

func ends(i Interval) numbers { return numbers{i.Lo, i.Hi} }
