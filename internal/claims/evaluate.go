package claims

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"runx/internal/results"
	"runx/spec"
)

// Resamples of a claim: at most so many, less where they are large, and at the
// least so many, of which 25 lie beyond either end of a 95% interval.
const (
	mostResamples  = 2000
	leastResamples = 1000
	// resampledRows is how many rows all resamples of a claim over samples may
	// have before there are less of them.
	resampledRows = 20_000_000
)

// Options say how claims are judged; the zero value is what a run uses.
type Options struct {
	// Resamples is how many resamples of a claim are drawn; 0 is 2000, and down
	// to 1000 for claims over very many samples.
	Resamples int
	// Seed makes the resamples; the same seed gives the same judgements, on any
	// number of cores.
	Seed uint64
}

// Evaluate judges all claims of a run: the claims in the order of the spec, and
// of each the groups in the order of the grid. A claim that cannot be computed
// is judged inconclusive; an error means that the run cannot be read.
func Evaluate(ctx context.Context, r *results.Reading, o Options) ([]Judgement, error) {
	if len(r.Spec.Claims) == 0 {
		return nil, nil
	}
	u, err := load(r, o.Seed)
	if err != nil {
		return nil, err
	}
	var judgements []Judgement
	for i := range r.Spec.Claims {
		j := judge{run: u, claim: &r.Spec.Claims[i], index: i, options: o}
		of, err := j.groups(ctx)
		if err != nil {
			return nil, err
		}
		judgements = append(judgements, of...)
	}
	return judgements, nil
}

// A judge judges one claim, with a worker for each core.
type judge struct {
	run     *run
	claim   *spec.Claim
	index   int
	options Options
	workers []*worker
}

func (j *judge) groups(ctx context.Context) ([]Judgement, error) {
	for range runtime.GOMAXPROCS(0) {
		w, err := newWorker(j.claim)
		if err != nil {
			return nil, err
		}
		j.workers = append(j.workers, w)
	}
	groups, err := j.run.groups(j.claim, j.workers[0].program.Columns())
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		none := j.blank(nil)
		none.Reason = "no row of the run is what the claim is about"
		return []Judgement{none}, nil
	}
	var judgements []Judgement
	for _, g := range groups {
		v, err := j.group(ctx, g)
		if err != nil {
			return nil, err
		}
		judgements = append(judgements, v)
	}
	return judgements, nil
}

// blank is a judgement that nothing is known of.
func (j *judge) blank(settings []Setting) Judgement {
	return Judgement{
		Claim: j.claim.Name, Index: j.index, Group: settings,
		Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Share: math.NaN(),
		Verdict: Inconclusive, Expression: j.claim.Value, Expect: j.claim.Expect,
	}
}

// group judges one group.
func (j *judge) group(ctx context.Context, g *group) (Judgement, error) {
	v := j.blank(g.settings)
	resamples := j.resamples(g)
	for _, w := range j.workers {
		w.turnTo(g, resamples)
	}
	first := j.workers[0]
	value, err := first.value(-1)
	used := first.used()
	v.Points, v.Samples = used.points, used.samples
	if err != nil {
		v.Reason = err.Error()
		return v, nil
	}
	v.Value = asFloat(value)
	_, v.Bool = value.(bool)
	meets, err := first.program.Meets(value)
	if err != nil {
		v.Reason = fmt.Sprintf("expect: %s", err)
		return v, nil
	}
	if used.lone > 0 {
		v.Reason = fmt.Sprintf("one repetition at %s says nothing of chance: take at least 2, better 6", pointCount(used.lone))
		v.SamplesNeeded = -1
		return v, nil
	}
	if err := j.each(ctx, len(used.cells), func(_ *worker, i int) {
		c := used.cells[i]
		j.run.resample(c.cell, c.row, c.column, resamples)
	}); err != nil {
		return v, err
	}
	d := drawnValues{original: value, meets: meets, blocks: used.blocks, stepwise: first.program.Stepwise(), samples: v.Samples}
	if used.varies() {
		if d.values, err = j.values(ctx, resamples); err != nil {
			return v, err
		}
	}
	d.all, d.workers = resamples, j.workers
	return v, d.judge(&v)
}

// resamples is how many there are of a group.
func (j *judge) resamples(g *group) int {
	switch {
	case j.options.Resamples > 0:
		return j.options.Resamples
	case !g.claim.Samples:
		return mostResamples
	}
	return min(mostResamples, max(leastResamples, resampledRows/max(1, g.rows)))
}

// values computes the value of each resample; NaN where there is none.
func (j *judge) values(ctx context.Context, resamples int) ([]float64, error) {
	values := make([]float64, resamples)
	err := j.each(ctx, resamples, func(w *worker, i int) {
		values[i] = math.NaN()
		if v, err := w.value(i); err == nil {
			values[i] = asFloat(v)
		}
	})
	return values, err
}

// each does work of several numbers, in any order, on all workers.
func (j *judge) each(ctx context.Context, n int, do func(w *worker, i int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, len(j.workers))
	for k, w := range j.workers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || errs[k] != nil {
					return
				}
				errs[k] = ctx.Err()
				do(w, i)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func pointCount(n int) string {
	if n == 1 {
		return "a point"
	}
	return fmt.Sprintf("%d points", n)
}
