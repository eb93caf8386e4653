// Package suite lists the built-in workloads. The list is explicit, so that
// what a binary can measure is read here and nowhere else.
package suite

import (
	"runx/workloads"
	"runx/workloads/admission"
	"runx/workloads/attention"
	"runx/workloads/autograd"
	"runx/workloads/coldstart"
	"runx/workloads/concurrency"
	"runx/workloads/exec"
	"runx/workloads/fragmentation"
	"runx/workloads/kvcache"
	"runx/workloads/linear"
	"runx/workloads/noop"
	"runx/workloads/pipeline"
	"runx/workloads/precision"
	"runx/workloads/sleep"
	"runx/workloads/spin"
	"runx/workloads/synthetic"
	"runx/workloads/transformer"
)

// All returns the built-in workloads in the order in which they are listed. The
// slice is the caller's.
func All() []workloads.Workload {
	return []workloads.Workload{
		admission.Workload(),
		attention.Workload(),
		autograd.Workload(),
		coldstart.Workload(),
		concurrency.Workload(),
		exec.Workload(),
		fragmentation.Workload(),
		kvcache.Workload(),
		linear.Workload(),
		noop.Workload(),
		pipeline.Workload(),
		precision.Workload(),
		sleep.Workload(),
		spin.Workload(),
		synthetic.Workload(),
		transformer.Workload(),
	}
}
