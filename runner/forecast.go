package runner

import (
	"math"
	"time"
)

// A forecast is how the rest of the run is expected to go. It passes over all
// points, so on a large run it holds for a second.
type forecast struct {
	made    time.Time
	samples int64
	eta     time.Duration // negative: not known
}

const (
	manyPoints    = 10_000
	forecastHolds = time.Second
)

func (e *engine) forecast() (samples int64, eta time.Duration) {
	if len(e.points) > manyPoints && e.now.Sub(e.guess.made) < forecastHolds && !e.guess.made.IsZero() {
		return e.guess.samples, e.guess.eta
	}
	e.guess = e.foresee()
	e.guess.made = e.now
	return e.guess.samples, e.guess.eta
}

// foresee takes each point to cost per repetition what it has cost so far, and
// a point that was not reached what the others cost on average.
func (e *engine) foresee() forecast {
	var ended, endedReps, started int64
	var perRep float64 // summed over the points that started
	for i := range e.points {
		p := &e.points[i]
		if p.phase == finished {
			ended++
			endedReps += int64(p.reps)
		}
		if p.reps > 0 && p.spent > 0 {
			started++
			perRep += float64(p.spent) / float64(p.reps)
		}
	}
	typical := float64(e.spec.Measure.Samples.Max)
	if e.spec.Measure.Until != nil && ended > 0 {
		typical = float64(endedReps) / float64(ended)
	}
	f := forecast{eta: -1}
	total := 0.0
	for i := range e.points {
		p := &e.points[i]
		f.samples += int64(p.reps)
		if p.phase == pending {
			cost := perRep / float64(max(started, 1))
			if p.reps > 0 && p.spent > 0 {
				cost = float64(p.spent) / float64(p.reps)
			}
			left := e.repsLeft(p, typical, cost)
			f.samples += int64(math.Round(left))
			total += left * cost
		}
	}
	if started > 0 {
		f.eta = time.Duration(total)
	}
	return f
}

// repsLeft is how many repetitions a point still takes, if it takes as many as
// is typical, or a look of the stop rule more where it is past that, and as far
// as its budget goes.
func (e *engine) repsLeft(p *point, typical, cost float64) float64 {
	m := &e.spec.Measure
	left := typical - float64(p.reps)
	if left < 1 {
		left = max(1, 0.3*float64(p.reps))
	}
	left = min(left, float64(m.Samples.Max)-float64(p.reps))
	if m.Budget > 0 && cost > 0 {
		least := max(float64(m.Samples.Min)-float64(p.reps), 0)
		left = min(left, max(least, float64(m.Budget-p.spent)/cost))
	}
	return max(left, 0)
}
