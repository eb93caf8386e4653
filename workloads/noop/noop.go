package noop

import (
	"context"
	_ "embed"

	"runx/workloads"
)

//go:embed doc.go
var source string

// Workload describes noop.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "noop",
		Doc:  workloads.PackageDoc(source),
		Open: open,
	}
}

func open(context.Context, workloads.Env) (workloads.Instance, error) { return instance{}, nil }

type instance struct{}

func (instance) Sample(_ context.Context, r *workloads.Recorder) error {
	return r.MeasureOnce(nothing)
}

func (instance) Close() error { return nil }

func nothing() error { return nil }
