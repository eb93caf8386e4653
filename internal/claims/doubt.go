package claims

import (
	"fmt"
	"math"

	"runx/internal/stats"
)

// alikeShare is the share of the samples that they have to be worth, below which
// a person should know: intervals are too narrow by its root.
const alikeShare = 0.5

// doubt says what is doubtful about a judgement though the resamples are clear.
func (u *run) doubt(v *Judgement, used *usedRows, d *drawnValues) error {
	if v.Exact {
		return nil
	}
	u.doubtTails(v, used)
	return u.doubtNeighbours(v, used, d)
}

// doubtTails takes a verdict back that rests on quantiles beyond the samples: no
// resample reaches further than they do.
func (u *run) doubtTails(v *Judgement, used *usedRows) {
	least, missing, name := 0, 0, ""
	for _, c := range used.cells {
		stat := u.sources[c.column].stat
		q, ok := stat.Quantile()
		values, _ := present(u.samples.Floats(u.sources[c.column].metric), &u.points[c.row])
		if !ok || c.drawn == nil || stat.Supported(len(values)) {
			continue
		}
		need := int(math.Ceil(1/min(q, 1-q) - 1e-6)) // 1/(1-0.99) is a little above 100
		missing += need - len(values)
		if need > least {
			least, name = need, c.column
		}
	}
	if least == 0 {
		return
	}
	v.Verdict, v.SamplesNeeded = Inconclusive, missing
	v.Lo, v.Hi = math.NaN(), math.NaN()
	v.Reason = fmt.Sprintf("the samples of some point are too few to tell %s: take at least %d", name, least)
}

// doubtNeighbours warns where samples that follow each other are alike, as the
// summary has it of latency, so that rounds are less independent than they are
// taken for, and the verdict would be open if the interval were as wide as the
// samples are worth. Rows of one repetition may be alike.
func (u *run) doubtNeighbours(v *Judgement, used *usedRows, d *drawnValues) error {
	worst, at := alikeShare, -1
	for row := range used.rows {
		p := &u.points[row]
		share := u.number(row, "n_eff") / float64(len(p.rows))
		if p.blocks == len(p.rows) && (share < worst || share == worst && row < at) {
			worst, at = share, row
		}
	}
	if at < 0 || v.Verdict == Inconclusive || d.stepwise {
		return nil
	}
	if decides, err := d.decides(d.values, 1/math.Sqrt(worst)); err != nil || decides {
		return err
	}
	v.Warnings = append(v.Warnings, stats.Warning{
		What: fmt.Sprintf("samples in a row are alike, the %d of a point are worth %.0f: the verdict would be open if so few had made it",
			len(u.points[at].rows), u.number(at, "n_eff")),
		Cure: "measure on a quieter machine, or interleaved and for longer",
	})
	return nil
}
