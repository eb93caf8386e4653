package claims

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"runx/internal/stats"
)

const (
	confidence = 0.95
	// decided is the share of the resamples that decides a claim, either way.
	decided = 0.975
	// fewBlocks is the number of blocks below which a person should know: all on
	// one side of the truth are more than 2.5% likely.
	fewBlocks = 6
)

// drawnValues are the values of a claim in its resamples, and what it takes to
// judge it by them.
type drawnValues struct {
	original any
	meets    bool
	values   []float64 // NaN where there is none; nil where nothing varies
	all      int       // how many resamples there are
	blocks   int
	stepwise bool
	samples  int
	workers  []*worker
}

// judge makes the judgement.
func (d *drawnValues) judge(v *Judgement) error {
	v.Resamples, v.SamplesNeeded = d.all, 0
	if d.values == nil {
		v.Exact = true
		v.Reason = "it is the same in every repetition, so that there is no interval"
		v.Share = 0
		if d.meets {
			v.Share = 1
		}
		v.Verdict = verdictOf(v.Share, 1-v.Share)
		return nil
	}
	failed := 0
	for _, x := range d.values {
		if math.IsNaN(x) {
			failed++
		}
	}
	widened := d.widened()
	met, against, err := d.shares(widened, failed)
	if err != nil {
		return err
	}
	v.Share, v.Verdict = met, verdictOf(met, against)
	d.interval(v, widened, failed)
	if failed > 0 {
		v.Warnings = append(v.Warnings, stats.Warning{
			What: fmt.Sprintf("%d of %d resamples have no value, which count as neither for the claim nor against it", failed, d.all),
			Cure: "more repetitions",
		})
	}
	if d.blocks < fewBlocks {
		v.Warnings = append(v.Warnings, stats.Warning{
			What: fmt.Sprintf("a point has %d repetitions, which say little of chance", d.blocks),
			Cure: fmt.Sprintf("take at least %d", fewBlocks),
		})
	}
	if v.Verdict == Inconclusive {
		v.SamplesNeeded, err = d.needed(widened, met, failed)
	}
	return err
}

func verdictOf(met, against float64) Verdict {
	switch {
	case met >= decided:
		return Supported
	case against >= decided:
		return Refuted
	}
	return Inconclusive
}

// widened spreads the values about their median as Student's t spreads more than
// the normal distribution: what scatters as little as few blocks say it does may
// scatter more. A value that is one of few, or has a bound, stays what it is.
func (d *drawnValues) widened() []float64 {
	sorted := slices.Sorted(slices.Values(slices.DeleteFunc(slices.Clone(d.values), math.IsNaN)))
	if d.stepwise || len(sorted) == 0 || math.IsInf(sorted[0], 0) || math.IsInf(sorted[len(sorted)-1], 0) {
		return d.values
	}
	middle := stats.Quantile(sorted, 0.5)
	by := widening(d.blocks)
	widened := make([]float64, len(d.values))
	for i, x := range d.values {
		widened[i] = middle + by*(x-middle)
	}
	return widened
}

// widening is how much further Student's t reaches than the normal distribution.
func widening(blocks int) float64 {
	t := distuv.StudentsT{Sigma: 1, Nu: float64(max(blocks-1, 1))}
	return t.Quantile(decided) / distuv.UnitNormal.Quantile(decided)
}

// shares are the shares of the resamples that meet what the claim expects, and
// that do not. What has no value does neither.
func (d *drawnValues) shares(values []float64, failed int) (met, against float64, err error) {
	n := 0
	for _, x := range values {
		ok, err := d.expected(x)
		if err != nil {
			return 0, 0, err
		}
		if ok {
			n++
		}
	}
	met = float64(n) / float64(len(values))
	against = float64(len(values)-failed-n) / float64(len(values))
	if d.stepwise {
		met, against = stats.SmallSampleShare(met, d.blocks), stats.SmallSampleShare(against, d.blocks)
	}
	return met, against, nil
}

// expected tells whether a value is what the claim expects; NaN is not.
func (d *drawnValues) expected(x float64) (bool, error) {
	if math.IsNaN(x) {
		return false, nil
	}
	var value any = x
	switch d.original.(type) {
	case bool:
		value = x != 0
	case int:
		value = int(x)
	}
	return d.workers[0].program.Meets(value)
}

// interval sets the ends of the interval of the value, of the same resamples as
// the verdict, so that the two say the same. Where the resamples lie
// to one side of the value, as those of a largest of many do, it reaches to it.
func (d *drawnValues) interval(v *Judgement, widened []float64, failed int) {
	if v.Bool {
		v.Reason = "true or false has no interval"
		return
	}
	if float64(failed) > (1-confidence)/2*float64(len(widened)) {
		v.Reason = fmt.Sprintf("%d of %d resamples have no value", failed, d.all)
		return
	}
	at := confidence
	if d.stepwise {
		at = stats.SmallSampleConfidence(confidence, d.blocks)
	}
	i, ok := stats.PercentileInterval(widened, at)
	if !ok || math.IsInf(i.Lo, 0) || math.IsInf(i.Hi, 0) {
		v.Reason = "some resamples are infinite"
		return
	}
	v.Lo, v.Hi = min(i.Lo, v.Value), max(i.Hi, v.Value)
}

// How the samples needed are looked for.
const (
	trialValues = 400
	trialSteps  = 8
	leastScale  = 1.0 / 40
)

// needed is how many samples more would decide the claim: the spread of the
// resamples shrinks with the root of their number, about a value that stays. It
// is -1 where a thousand times as many would not do.
func (d *drawnValues) needed(values []float64, met float64, failed int) (int, error) {
	if d.stepwise || failed > 0 {
		return d.neededByShare(met), nil
	}
	enough := leastScale
	if decides, err := d.decides(values, enough); err != nil || !decides {
		return -1, err
	}
	for open, step := 1.0, 0; step < trialSteps; step++ {
		scale := math.Sqrt(enough * open)
		decides, err := d.decides(values, scale)
		switch {
		case err != nil:
			return -1, err
		case decides:
			enough = scale
		default:
			open = scale
		}
	}
	return d.more(1 / (enough * enough)), nil
}

// decides tells whether values that scatter so much less would decide the claim.
func (d *drawnValues) decides(values []float64, scale float64) (bool, error) {
	center := asFloat(d.original)
	trial := make([]float64, 0, 2*trialValues)
	for i := 0; i < len(values); i += max(1, len(values)/trialValues) {
		trial = append(trial, center+scale*(values[i]-center))
	}
	met, against, err := d.shares(trial, 0)
	return verdictOf(met, against) != Inconclusive, err
}

// neededByShare takes the share for that of a normal distribution.
func (d *drawnValues) neededByShare(met float64) int {
	if !(met > 0 && met < 1) {
		return -1
	}
	z := math.Abs(distuv.UnitNormal.Quantile(met)) / distuv.UnitNormal.Quantile(decided)
	if z < leastScale {
		return -1
	}
	return d.more(1 / (z * z))
}

func (d *drawnValues) more(factor float64) int {
	return max(1, int(math.Ceil(float64(d.samples)*(factor-1))))
}
