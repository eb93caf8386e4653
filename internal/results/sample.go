package results

// A Status is how a sample ended.
type Status string

// The statuses of a sample. Only ok ones count in statistics.
const (
	OK      Status = "ok"
	Failed  Status = "failed"
	Timeout Status = "timeout"
	Skipped Status = "skipped"
)

var statuses = [...]Status{OK, Failed, Timeout, Skipped}

// A Sample is one measurement at one point, or the attempt at one.
type Sample struct {
	// Point is the index of the point, which [Run.Point] has defined.
	Point int64
	// Round is the pass over the points, Rep the count at the point.
	Round, Rep int
	// StartedAt is in microseconds since 1970 UTC.
	StartedAt int64
	Status    Status
	// Error says why the sample is not ok, Tainted which interference was seen.
	Error, Tainted string
	// Values are the raw metrics in the order of [workloads.SampleMetrics],
	// without those that are expressions; NaN is "not measured". A sample
	// that is not ok may have none at all.
	Values []float64
}

// A RunStatus is how a run ended.
type RunStatus string

// The statuses of a run. The first three are what [Run.Finish] records; a run
// that recorded none is running, or was killed and counts as interrupted. The
// journal of a damaged one cannot be read.
const (
	Complete    RunStatus = "complete"
	Interrupted RunStatus = "interrupted"
	Broken      RunStatus = "failed"
	Running     RunStatus = "running"
	Damaged     RunStatus = "damaged"
)
