package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Examples whose results are printed where the methods are described.

// Hollander and Wolfe, "Nonparametric Statistical Methods", 1973, 4.1: the
// permeability of the human chorioamnion at term and at 12 to 26 weeks.
func TestPermeability(t *testing.T) {
	t.Parallel()
	term := []float64{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46}
	early := []float64{1.15, 0.88, 0.90, 0.74, 1.21}
	r := mannWhitney(early, term)
	if r.U != 35 || !near(r.P/2, 0.1272, 1e-3) {
		t.Errorf("U %g, one-sided P %g; the book has 35 and 0.1272", r.U, r.P/2)
	}
	if s := hodgesLehmann(early, term, 0.95); !near(s.Estimate, 0.305, 1e-9) {
		t.Errorf("shift %g; the book has 0.305", s.Estimate)
	}
}

// Anscombe, "Graphs in Statistical Analysis", The American Statistician 27(1),
// 1973: four sets that have one line, y = 3 + 0.5 x, R2 0.667, error of the
// slope 0.118. The others are in testdata/r.json.
func TestAnscombe(t *testing.T) {
	t.Parallel()
	f := FitLine([]float64{10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5},
		[]float64{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68})
	for _, c := range []struct{ got, want float64 }{{f.Slope, 0.5}, {f.Intercept, 3}, {f.R2, 0.667}, {f.SlopeError, 0.118}} {
		if math.Abs(c.got-c.want) > 5e-4 {
			t.Errorf("%+v: want %g", f, c.want)
		}
	}
}

// NIST's StRD Norris: a line through 36 points, certified to 15 digits.
func TestNorris(t *testing.T) {
	t.Parallel()
	y := []float64{
		0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1, 668.8, 339.3, 448.9, 10.8,
		557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0, 998.5, 778.9, 10.2, 117.6, 228.9, 668.4, 449.2, 0.2,
	}
	x := []float64{
		0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5, 666.9, 338.0, 447.5, 11.6,
		556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999.0, 779.0, 11.1, 118.3, 229.2, 669.1, 448.9, 0.5,
	}
	f := FitLine(x, y)
	for _, c := range []struct{ got, want float64 }{
		{f.Intercept, -0.262323073774029},
		{f.Slope, 1.00211681802045},
		{f.SlopeError, 0.429796848199937e-3},
		{f.R2, 0.999993745883712},
	} {
		if !near(c.got, c.want, 1e-11) {
			t.Errorf("%v, NIST certifies %v", c.got, c.want)
		}
	}
}

// Kepler's third law: the period of a planet grows with the power 3/2 of its
// distance. NASA's planetary fact sheet, in years and astronomical units.
func TestKepler(t *testing.T) {
	t.Parallel()
	distance := []float64{0.387098, 0.723332, 1, 1.523679, 5.2044, 9.5826, 19.2184, 30.07}
	years := []float64{0.240846, 0.615198, 1, 1.88082, 11.862, 29.4571, 84.0205, 164.8}
	f := FitPower(distance, years)
	i, ok := f.Interval(0.95)
	if !ok || math.Abs(f.Exponent-1.5) > 0.001 || i.Lo > 1.5 || i.Hi < 1.499 || f.R2 < 0.99999 || !near(f.At(1), 1, 0.002) {
		t.Errorf("exponent %g in %v, year %g", f.Exponent, i, f.At(1))
	}
}

// Benjamini and Hochberg, "Controlling the False Discovery Rate", 1995, section
// 3.2: of 15 P values the control of the probability of any error rejects 3.
func TestMyocardialInfarction(t *testing.T) {
	t.Parallel()
	p := []float64{
		0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1,
	}
	rejected := 0
	for _, v := range Holm(p) {
		if v <= 0.05 {
			rejected++
		}
	}
	if rejected != 3 {
		t.Errorf("%d are rejected", rejected)
	}
}

// Cobb, "The Problem of the Nile", Biometrika 65(2), 1978: the yearly flow at
// Aswan from 1871 on fell after 1898, the 28th year.
func TestNile(t *testing.T) {
	t.Parallel()
	flow := []float64{
		1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140, 1100, 1210,
		1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702,
		1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010, 771,
		676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901,
		1170, 912, 746, 919, 718, 714, 740,
	}
	if c := ChangePoint(flow); c.At != 28 || c.P > 1e-6 || c.Before < 1100 || c.After > 850 {
		t.Errorf("%+v", c)
	}
	if w, ok := DriftWarning(flow); !ok || w.What != "the level moved after 28 of 100 samples: median 1130, then 842.5" {
		t.Errorf("%q", w.What)
	}
}

// Satopää et al. 2011, figure 2: y = 5 - 1/(x+0.1) at ten places from 0 to 1 has
// its knee at 0.22.
func TestKneedle(t *testing.T) {
	t.Parallel()
	var x, y []float64
	for i := range 10 {
		v := float64(i) / 9
		x, y = append(x, v), append(y, 5-1/(v+0.1))
	}
	if got := Knee(x, y); !near(got, 2.0/9, 1e-12) {
		t.Errorf("knee at %g", got)
	}
}

// Efron and Tibshirani 1993, chapter 14: the variance of 26 spatial test scores
// has a BCa interval of 90% from 115.8 to 259.6, a percentile interval from
// 100.8 to 233.9, an acceleration of 0.061 and a bias of 0.146.
func TestSpatialScores(t *testing.T) {
	t.Parallel()
	a := []float64{48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41}
	variance := func(x []float64) float64 {
		_, m2, _ := centralSums(x)
		return m2 / float64(len(x))
	}
	estimate := variance(a)
	if !near(estimate, 171.5, 1e-3) {
		t.Fatalf("variance %g", estimate)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	resampled, drawn := make([]float64, 20_000), make([]float64, len(a))
	counts := make([][]int32, len(resampled))
	for i := range resampled {
		counts[i] = make([]int32, len(a))
		for k := range drawn {
			which := rng.IntN(len(a))
			drawn[k] = a[which]
			counts[i][which]++
		}
		resampled[i] = variance(drawn)
	}
	jackknife := make([]float64, len(a))
	for i := range jackknife {
		jackknife[i] = variance(slices.Delete(slices.Clone(a), i, i+1))
	}
	acceleration := byJackknife(jackknife)
	bca, _ := PercentileInterval(BCa(estimate, resampled, acceleration), 0.9)
	percentile, _ := PercentileInterval(resampled, 0.9)
	byCounts := Acceleration(resampled, len(a), func(c []int32, number int) { copy(c, counts[number]) })
	for _, c := range []struct {
		what              string
		got, want, within float64
	}{
		{"acceleration", acceleration, 0.061, 5e-4},
		{"acceleration by counts", byCounts, 0.061, 0.01},
		{"bias", biasOf(estimate, resampled), 0.146, 0.06}, // of 2000 resamples: give or take 0.03
		{"BCa, lower", bca.Lo, 115.8, 4},
		{"BCa, upper", bca.Hi, 259.6, 6},
		{"percentile, lower", percentile.Lo, 100.8, 4},
		{"percentile, upper", percentile.Hi, 233.9, 6},
	} {
		if math.Abs(c.got-c.want) > c.within {
			t.Errorf("%s is %g, the book has %g", c.what, c.got, c.want)
		}
	}
}

// Venables and Ripley, "Modern Applied Statistics with S", 14.1: the
// autocorrelations of the luteinizing hormone at the lags 1 to 3.
func TestLuteinizingHormone(t *testing.T) {
	t.Parallel()
	lh := []float64{
		2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2.0, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2, 2.2, 1.9, 1.9, 1.8, 2.7, 3.0,
		2.3, 2.0, 2.0, 2.9, 2.9, 2.7, 2.7, 2.3, 2.6, 2.4, 1.8, 1.7, 1.5, 1.4, 2.1, 3.3, 3.5, 3.5, 3.1, 2.6, 2.1, 3.4, 3.0, 2.9,
	}
	for lag, want := range []float64{1, 0.576, 0.182, -0.145} {
		if got := Autocorrelation(lh, lag); math.Abs(got-want) > 5e-4 {
			t.Errorf("lag %d: %g, want %g", lag, got, want)
		}
	}
}
