package claims

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"

	"runx/internal/results"
	"runx/spec"
)

// A run is what claims are judged from.
type run struct {
	spec    *spec.Spec
	summary *results.Table
	samples *results.Table
	points  []point // by row of the summary
	draws   drawer
	// resamples is how many there are of each cell.
	resamples int
	sources   map[string]source // columns of the summary that are made of samples
	mu        sync.Mutex        // of cells
	cells     map[cellKey]*cell
}

// A point is a row of the summary with the samples that are ok.
type point struct {
	rows []int32 // in samples, in the order that they were taken
	*roster
	block []int32 // of each of rows
	// inARow is how many repetitions of one round are a block.
	inARow int
}

// A source is what a column of the summary is made of.
type source struct {
	metric string
	stat   spec.Stat
	// end is _lo or _hi for the ends of the interval of a quantile.
	end string
}

// load reads what the claims need of a run.
func load(r *results.Reading, o Options) (*run, error) {
	u := &run{spec: r.Spec, draws: drawer{seed: o.Seed}, sources: sourcesOf(r.Spec), cells: map[cellKey]*cell{}}
	var err error
	if u.summary, err = r.Summary(); err != nil {
		return nil, fmt.Errorf("read the summary for its claims: %w", err)
	}
	columns, err := u.sampleColumns()
	if err != nil {
		return nil, err
	}
	if u.samples, err = r.Samples(columns...); err != nil {
		return nil, fmt.Errorf("read the samples for the claims: %w", err)
	}
	u.resamples = cmp.Or(o.Resamples, resamplesOf(u.samples.Rows, resampledSamples))
	u.gatherPoints()
	return u, nil
}

// sampleColumns are the columns of the samples that some claim needs.
func (u *run) sampleColumns() ([]string, error) {
	columns := []string{"point_id", "round", "rep", "status"}
	for i := range u.spec.Claims {
		c := &u.spec.Claims[i]
		p, err := c.Program(nil)
		if err != nil {
			return nil, err
		}
		if c.Samples {
			columns = append(columns, c.Filter().Columns()...)
			columns = append(columns, p.Columns()...)
			continue
		}
		picks, known := p.Picks()
		for name, s := range u.sources {
			if !known || slices.Contains(p.Columns(), name) || slices.Contains(picks, name) {
				columns = append(columns, s.metric)
			}
		}
	}
	slices.Sort(columns)
	return slices.Compact(columns), nil
}

func sourcesOf(s *spec.Spec) map[string]source {
	sources := map[string]source{}
	for _, m := range s.Summary {
		for _, stat := range m.Stats {
			name := m.Metric + "_" + string(stat)
			sources[name] = source{m.Metric, stat, ""}
			if _, ok := stat.Quantile(); ok {
				sources[name+"_lo"] = source{m.Metric, stat, "_lo"}
				sources[name+"_hi"] = source{m.Metric, stat, "_hi"}
			}
		}
	}
	return sources
}

// gatherPoints finds the ok samples of each point, and their blocks.
func (u *run) gatherPoints() {
	at := make(map[string]int, u.summary.Rows)
	u.points = make([]point, u.summary.Rows)
	for i := range u.points {
		id, _ := u.summary.Value(i, "point_id").(string)
		at[id] = i
	}
	rounds, reps := u.samples.Numbers("round"), u.samples.Numbers("rep")
	for row := range u.samples.Rows {
		id, _ := u.samples.Value(row, "point_id").(string)
		i, known := at[id]
		if known && u.samples.Value(row, "status") == string(results.OK) {
			u.points[i].rows = append(u.points[i].rows, int32(row))
			u.draws.rounds = max(u.draws.rounds, int(rounds[row])+1)
			u.draws.reps = max(u.draws.reps, int(reps[row])+1)
		}
	}
	for i := range u.points {
		p := &u.points[i]
		p.inARow = 1
		p.roster, p.block = u.rosterOf(p, p.rows, rounds, reps)
		if p.inARow = u.inARow(i); p.inARow > 1 {
			p.roster, p.block = u.rosterOf(p, p.rows, rounds, reps)
		}
	}
}

// leastBlocks is the number of blocks that repetitions in a row are not to come
// below.
const leastBlocks = 20

// inARow is how many repetitions in a row are drawn together where all are in
// one round: twice as many as are worth one by the summary, which takes in most
// of what they have in common. Those of rounds lie apart.
func (u *run) inARow(row int) int {
	n := float64(len(u.points[row].rows))
	worth := u.number(row, "n_eff")
	severalRows := u.points[row].blocks < len(u.points[row].rows) // of a repetition
	if severalRows || !(worth < alikeShare*n) {
		return 1
	}
	return max(1, int(min(math.Ceil(2*n/worth), n/leastBlocks)))
}

// rosterOf makes the blocks of some of the samples of a point.
func (u *run) rosterOf(p *point, rows []int32, rounds, reps []float64) (*roster, []int32) {
	r, k := make([]int32, len(rows)), make([]int32, len(rows))
	for i, row := range rows {
		r[i], k[i] = int32(rounds[row]), int32(reps[row])
	}
	return u.draws.newRoster(r, k, p.inARow)
}

// number is a cell of the summary as it was written; NaN is NULL.
func (u *run) number(row int, column string) float64 {
	if v := u.summary.Operand(row, column); v != nil {
		return asFloat(v)
	}
	return math.NaN()
}
