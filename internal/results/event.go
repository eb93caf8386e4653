package results

// An EventKind says what an [Event] is about.
type EventKind string

// The kinds of events.
const (
	ResumedEvent  EventKind = "resumed"
	FinishedEvent EventKind = "finished"
)

// An Event is something that happened to the run as a whole.
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
}
