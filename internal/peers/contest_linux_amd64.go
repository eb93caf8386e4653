package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// contest is a computation that we and others do: it makes a row for each form
// in which we do it.
type contest struct {
	name   string
	unit   unit
	figure figure
	ours   []side // the names are appended to that of the contest
	theirs []side // the fastest of those that are not missing is the peer; may be empty
	// tolerance is how far results may be apart, in each element.
	tolerance float64
}

// ours is the one form of a contest that has no more.
func ours(s side) []side { return []side{s} }

// run races the sides and makes the rows.
func (c contest) run(rounds int) (rows []row, err error) {
	defer func() {
		for _, s := range c.theirs {
			if s.close != nil {
				err = errors.Join(err, s.close())
			}
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", c.name, err)
		}
	}()
	sides := slices.Clone(c.ours)
	for _, s := range c.theirs {
		if s.missing == nil {
			sides = append(sides, s)
		}
	}
	t, err := race(rounds, sides...)
	if err != nil {
		return nil, err
	}
	if err := c.agree(sides); err != nil {
		return nil, err
	}
	best := len(c.ours)
	for i := best; i < len(sides); i++ {
		if t.seconds(i) < t.seconds(best) {
			best = i
		}
	}
	for i, s := range c.ours {
		r := row{name: c.name + s.name, unit: c.unit.name, ours: c.unit.of(t.seconds(i)), figure: c.figure}
		if best < len(sides) {
			r.peer, r.theirs, r.ratio = sides[best].name, c.unit.of(t.seconds(best)), t.ratio(i, best)
		} else if len(c.theirs) > 0 {
			r.peer, r.skipped = c.theirs[0].name, c.theirs[0].missing
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// agree returns an error unless all sides that show results have the same as
// our first one.
func (c contest) agree(sides []side) error {
	var want []float32
	for i, s := range sides {
		if s.output == nil {
			continue
		}
		got, err := s.output()
		if err != nil {
			return err
		}
		if want == nil {
			want = got
		} else if err := agree(want, got, max(c.tolerance, s.tolerance)); err != nil {
			return fmt.Errorf("%s: %w", cmp.Or(sides[i].name, "ours"), err)
		}
	}
	return nil
}

// runAll makes the rows of each contest.
func runAll(rounds int, contests []contest) ([]row, error) {
	var all []row
	for _, c := range contests {
		rows, err := c.run(rounds)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// geometricMean sums up the ratios of rows with the same peer.
func geometricMean(name string, f figure, rows []row) row {
	mean := row{name: name, figure: f}
	if len(rows) == 0 {
		return mean
	}
	if i := slices.IndexFunc(rows, func(r row) bool { return r.skipped != nil }); i >= 0 {
		mean.peer, mean.skipped = rows[i].peer, rows[i].skipped
		return mean
	}
	logs := 0.0
	for _, r := range rows {
		logs += math.Log(r.ratio)
	}
	mean.peer, mean.ratio = rows[0].peer, math.Exp(logs/float64(len(rows)))
	return mean
}

// against turns a row into one against a limit of the machine: a peak that is
// given in the row's own unit, which is a rate.
func (r row) against(name, peer string, limit float64, f figure) row {
	return row{name: name, unit: r.unit, ours: r.ours, theirs: limit, peer: peer, ratio: r.ours / limit, figure: f}
}
