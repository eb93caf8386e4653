package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// contest is a computation that we and others do: it makes one row.
type contest struct {
	name   string
	unit   unit
	figure figure
	ours   side
	theirs []side // the fastest of those that are not missing is the peer
	// tolerance is how far results may be apart, in each element.
	tolerance float64
}

// run races the sides and makes the row.
func (c contest) run(rounds int) (r row, err error) {
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
	r = row{name: c.name, unit: c.unit.name, figure: c.figure}
	sides := []side{c.ours}
	for _, s := range c.theirs {
		if s.missing == nil {
			sides = append(sides, s)
		} else if len(sides) == 1 {
			r.peer, r.skipped = s.name, s.missing
		}
	}
	t, err := race(rounds, sides...)
	if err != nil {
		return r, err
	}
	r.ours = c.unit.of(t.seconds(0))
	best := 0
	for i := 1; i < len(sides); i++ {
		if err := c.agree(sides[i]); err != nil {
			return r, fmt.Errorf("%s: %w", sides[i].name, err)
		}
		if best == 0 || t.seconds(i) < t.seconds(best) {
			best = i
		}
	}
	if best > 0 {
		r.peer, r.theirs, r.ratio, r.skipped = sides[best].name, c.unit.of(t.seconds(best)), t.ratio(0, best), nil
	}
	return r, nil
}

// agree returns an error unless both sides, if they show results, have the same.
func (c contest) agree(s side) error {
	if c.ours.output == nil || s.output == nil {
		return nil
	}
	ours, err := c.ours.output()
	if err != nil {
		return err
	}
	theirs, err := s.output()
	if err != nil {
		return err
	}
	return agree(ours, theirs, c.tolerance)
}

// runAll makes a row of each contest.
func runAll(rounds int, contests []contest) ([]row, error) {
	var rows []row
	for _, c := range contests {
		r, err := c.run(rounds)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
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
