package claims

import (
	"context"
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
	// have before there are less of them, resampledSamples how many samples those
	// of the statistics of points.
	resampledRows    = 20_000_000
	resampledSamples = 100_000_000
	// batchCells is how many statistics of points are resampled before the
	// claims that need them are judged: 16 kB each.
	batchCells = 8192
)

// Options say how claims are judged; the zero value is what a run uses.
type Options struct {
	// Resamples is how many resamples of a claim are drawn; 0 is 2000, and down
	// to 1000 where there are very many samples.
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
	u, err := load(r, o)
	if err != nil {
		return nil, err
	}
	var judgements []Judgement
	var batch []*trial
	cells := 0
	for i := range r.Spec.Claims {
		j, err := newJudge(u, i, o)
		if err != nil {
			return nil, err
		}
		trials, err := j.trials()
		if err != nil {
			return nil, err
		}
		for _, t := range trials {
			cells += len(t.used.cells)
		}
		batch = append(batch, trials...)
		if cells < batchCells && i < len(r.Spec.Claims)-1 {
			continue
		}
		if judgements, err = u.decide(ctx, judgements, batch); err != nil {
			return nil, err
		}
		batch, cells = nil, 0
	}
	return judgements, nil
}

// decide judges the claims of a batch, and forgets its resamples.
func (u *run) decide(ctx context.Context, judgements []Judgement, batch []*trial) ([]Judgement, error) {
	var cells []usedCell
	for _, t := range batch {
		if t.open {
			cells = append(cells, t.used.cells...)
		}
	}
	if err := u.resampleAll(ctx, cells); err != nil {
		return nil, err
	}
	for _, t := range batch {
		if t.open {
			if err := t.decide(ctx); err != nil {
				return nil, err
			}
		}
		judgements = append(judgements, t.judgement)
	}
	u.cells = map[cellKey]*cell{}
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

func newJudge(u *run, index int, o Options) (*judge, error) {
	j := &judge{run: u, claim: &u.spec.Claims[index], index: index, options: o}
	for range runtime.GOMAXPROCS(0) {
		w, err := newWorker(j.claim)
		if err != nil {
			return nil, err
		}
		j.workers = append(j.workers, w)
	}
	return j, nil
}

// A trial is what is known of one group before anything is drawn.
type trial struct {
	*judge
	group     *group
	judgement Judgement
	used      usedRows
	value     any
	meets     bool
	open      bool // the resamples decide
}

func (j *judge) trials() ([]*trial, error) {
	groups, err := j.run.groups(j.claim, j.workers[0].program.Columns())
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		none := &trial{judge: j, judgement: j.blank(nil)}
		none.judgement.Reason = "no row of the run is what the claim is about"
		return []*trial{none}, nil
	}
	var trials []*trial
	for _, g := range groups {
		t := &trial{judge: j, group: g, judgement: j.blank(g.settings)}
		t.look()
		trials = append(trials, t)
	}
	return trials, nil
}

// blank is a judgement that nothing is known of.
func (j *judge) blank(settings []Setting) Judgement {
	return Judgement{
		Claim: j.claim.Name, Index: j.index, Group: settings,
		Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Share: math.NaN(),
		Verdict: Inconclusive, SamplesNeeded: -1, Expression: j.claim.Value, Expect: j.claim.Expect,
	}
}

// look computes the value over all rows.
func (t *trial) look() {
	v, first := &t.judgement, t.workers[0]
	first.turnTo(t.group)
	value, err := first.value(-1)
	t.used = first.used()
	v.Points, v.Samples = t.used.points, t.used.samples
	if err != nil {
		v.Reason = err.Error()
		return
	}
	v.Warnings = first.leftOut()
	t.value, v.Value = value, asFloat(value)
	_, v.Bool = value.(bool)
	if t.meets, err = first.program.Meets(value); err != nil {
		v.Reason = fmt.Sprintf("expect: %s", err)
		return
	}
	if t.used.lone > 0 {
		v.Reason = fmt.Sprintf("one repetition, of %s, says nothing of chance: take at least 2, better %d", counted(t.used.lone, "point"), fewBlocks)
		return
	}
	t.open = true
}

// decide judges by the resamples.
func (t *trial) decide(ctx context.Context) (err error) {
	d := drawnValues{
		original: t.value, meets: t.meets, blocks: t.used.blocks, samples: t.used.samples,
		all: t.resamples(), stepwise: t.workers[0].program.Stepwise(), workers: t.workers,
	}
	if t.used.varies() {
		if d.values, err = t.values(ctx, d.all); err != nil {
			return err
		}
		if !d.stepwise {
			d.values = t.unskewed(d.values)
		}
	}
	if err := d.judge(&t.judgement); err != nil {
		return err
	}
	return t.run.doubt(&t.judgement, &t.used, &d)
}

// resamples is how many there are of a group.
func (t *trial) resamples() int {
	if t.options.Resamples > 0 || !t.claim.Samples {
		return t.run.resamples
	}
	return resamplesOf(t.group.rows, resampledRows)
}

// resamplesOf is how many resamples of so many rows there are.
func resamplesOf(rows, most int) int {
	return min(mostResamples, max(leastResamples, most/max(1, rows)))
}

// values computes the value of each resample; NaN where there is none.
func (t *trial) values(ctx context.Context, resamples int) ([]float64, error) {
	values := make([]float64, resamples)
	var next atomic.Int64
	err := parallel(ctx, resamples, len(t.workers), func() func(i int) {
		w := t.workers[next.Add(1)-1]
		w.turnTo(t.group)
		return func(i int) {
			values[i] = math.NaN()
			if v, err := w.value(i); err == nil {
				values[i] = asFloat(v)
			}
		}
	})
	return values, err
}

// parallel does work of several numbers, in any order, on so many cores. begin
// makes what one of them does; it is called once for each.
func parallel(ctx context.Context, n, cores int, begin func() func(i int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range cores {
		wg.Go(func() {
			do := begin()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
