package sim

import "time"

// An Event is something that will happen.
type Event struct {
	At time.Duration
	// Kind and Subject say what happens, and to whom; they are the caller's.
	Kind, Subject uint32

	sequence uint64
}

// before orders events by time, and those of one time by their scheduling.
func (e *Event) before(o *Event) bool {
	return e.At < o.At || e.At == o.At && e.sequence < o.sequence
}

// A Heap holds events that have not happened yet. The zero value is empty. It
// allocates only while it grows beyond its largest size so far.
//
// It is a heap of four children a node: half as deep as a binary one, and the
// four lie next to each other in memory.
type Heap struct {
	events   []Event
	sequence uint64
}

const children = 4

// Len returns how many events are left.
func (h *Heap) Len() int { return len(h.events) }

// Reset forgets all events.
func (h *Heap) Reset() { h.events, h.sequence = h.events[:0], 0 }

// Next returns when the next event happens; ok is false if there is none.
func (h *Heap) Next() (at time.Duration, ok bool) {
	if len(h.events) == 0 {
		return 0, false
	}
	return h.events[0].At, true
}

// Push schedules an event.
func (h *Heap) Push(at time.Duration, kind, subject uint32) {
	e := Event{At: at, Kind: kind, Subject: subject, sequence: h.sequence}
	h.sequence++
	h.events = append(h.events, e)
	events := h.events
	n := len(events) - 1
	for n > 0 {
		parent := (n - 1) / children
		if !e.before(&events[parent]) {
			break
		}
		events[n] = events[parent]
		n = parent
	}
	events[n] = e
}

// Pop takes out the next event. There must be one.
func (h *Heap) Pop() Event {
	events := h.events
	first, last := events[0], events[len(events)-1]
	events = events[:len(events)-1]
	h.events = events
	if len(events) == 0 {
		return first
	}
	n := 0
	for {
		child := n*children + 1
		if child >= len(events) {
			break
		}
		least := child
		for c := child + 1; c < min(child+children, len(events)); c++ {
			if events[c].before(&events[least]) {
				least = c
			}
		}
		if !events[least].before(&last) {
			break
		}
		events[n] = events[least]
		n = least
	}
	events[n] = last
	return first
}
