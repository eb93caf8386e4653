package sim

import "time"

// Stats is what happened at a queue from Start to End.
type Stats struct {
	Start, End time.Duration
	// Events are arrivals and departures.
	Events uint64
	// Offered requests came. Refused ones were not let in, Dropped ones when
	// their turn came, Answered ones were served; others are present still.
	Offered, Refused, Dropped, Answered uint64
	// InTime were answered within the objective.
	InTime uint64
	// MaxWaiting is the longest line that held for any time.
	MaxWaiting int
	// Wait is the time in the line of those whose service began, Sojourn that
	// in the line and in service of those who were answered.
	Wait, Sojourn Histogram

	waiting, busy wide // areas: requests times nanoseconds
}

// Elapsed returns how long it took.
func (s *Stats) Elapsed() time.Duration { return s.End - s.Start }

// Waiting returns the mean length of the line over time.
func (s *Stats) Waiting() float64 { return s.overTime(&s.waiting) }

// Busy returns the mean number of busy servers over time.
func (s *Stats) Busy() float64 { return s.overTime(&s.busy) }

func (s *Stats) overTime(area *wide) float64 {
	if s.End == s.Start {
		return 0
	}
	return area.float() / float64(s.Elapsed())
}

// Begin forgets all and counts from now on.
func (s *Stats) Begin(now time.Duration) {
	*s = Stats{Start: now, End: now}
}

// Hold moves End to a time until which nothing changed: so many requests waited,
// so many servers were busy.
func (s *Stats) Hold(to time.Duration, waiting, busy int) {
	d := uint64(max(0, to-s.End))
	s.waiting.add(d, uint64(waiting))
	s.busy.add(d, uint64(busy))
	s.MaxWaiting = max(s.MaxWaiting, waiting)
	s.End = max(s.End, to)
}

// Answer counts an answer, in time up to the objective.
func (s *Stats) Answer(sojourn, objective time.Duration) {
	s.Answered++
	s.Sojourn.Add(sojourn)
	if sojourn <= objective {
		s.InTime++
	}
}
