package spec

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"runx/internal/document"
	"runx/workloads"
)

// Version is the version of the language that this package reads.
const Version = 1

// Options say what a spec may name and what the command line changes in it.
type Options struct {
	// Workloads are the built-in ones.
	Workloads []workloads.Workload
	// Params are the values of -p: "seq_len=128,256" fixes or sweeps.
	Params []string
	// Set are the values of --set: "measure.samples=5".
	Set []string
	// Quick shrinks the spec to a smoke test.
	Quick bool
	// Seed replaces measure.seed.
	Seed *uint64
	// Describe asks an external worker for the workloads that it hosts. Where
	// it is nil a spec that names a worker is a problem.
	Describe func(ctx context.Context, argv []string) ([]workloads.Workload, error)
}

// A Spec is one validated experiment.
type Spec struct {
	Name     string
	Title    string
	Question string
	Tags     []string
	// Workload is what is measured.
	Workload workloads.Workload
	// Worker is the command of the external worker that hosts the workload;
	// nil where it is built in.
	Worker []string
	// Extracts are the metrics to find in what the workload prints.
	Extracts []workloads.Extract
	// Params are all parameters in column order: the declared ones as the
	// workload orders them, then the free ones in the order of the spec.
	Params  []workloads.Param
	Measure Measure
	// Metrics are computed per sample, in this order.
	Metrics []Metric
	// Summary has one entry per metric of SampleMetrics, in that order.
	Summary []MetricSummary
	Claims  []Claim
	Plots   []Plot
	// Quick says that the spec is the smoke test of another one.
	Quick bool
	// Warnings are what a person should know before the run.
	Warnings document.Problems
	// Resolved is the YAML text exactly as run. Parsing it gives this spec.
	Resolved []byte

	space *space
}

// SHA256 is the hash of Resolved in hexadecimal.
func (s *Spec) SHA256() string {
	sum := sha256.Sum256(s.Resolved)
	return hex.EncodeToString(sum[:])
}
