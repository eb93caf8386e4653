package results

// An EventKind says what an [Event] is about.
type EventKind string

// The kinds of events.
const (
	ResumedEvent  EventKind = "resumed"
	FinishedEvent EventKind = "finished"
	EndedEvent    EventKind = "ended"   // of a point: see Run.End
	RetriedEvent  EventKind = "retried" // of a point: see Run.Retry
)

// An Ending is why a point needs no more samples where those that it has do not
// show it.
type Ending string

// The endings.
const (
	SpentBudget Ending = "budget" // on more than its samples: no row says what setup took
	GivenUp     Ending = "failed" // by a failure after which there is no going on
)

// An Event is something that happened to the run, or to a point, between samples.
type Event struct {
	Kind EventKind `json:"event"`
	// At is in microseconds since 1970 UTC.
	At int64 `json:"t"`
	// Status is how the run finished.
	Status RunStatus `json:"status,omitempty"`
	// PeakRSSBytes is the highest resident memory of the runner when it
	// finished; 0 where the system does not tell.
	PeakRSSBytes int64 `json:"peak_rss_bytes,omitempty"`
	// CutBytes is the length of the torn tail that was cut on resuming.
	CutBytes int64 `json:"cut_bytes,omitempty"`
	// Point is the index of the point that ended or is tried again, Ending why it
	// ended; nil and empty for other events.
	Point  *int64 `json:"point,omitempty"`
	Ending Ending `json:"ending,omitempty"`
}

// ofPoint tells whether the event is one of a point.
func (e *Event) ofPoint() bool { return e.Kind == EndedEvent || e.Kind == RetriedEvent }
