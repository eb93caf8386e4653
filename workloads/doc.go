// Package workloads is the contract between runx and what it measures.
//
// A workload is a documented value, not a registered side effect: package
// workloads/suite lists the built-in ones, package workloads/wire brings in
// those of another process. The way of the data:
//
//  1. A spec names a [Workload]; its [Param] list types, bounds and documents
//     what the spec may set, and its [Metric] list names what a sample holds.
//     What no parameter can say alone, its Check does: a [Conflict] is found
//     before anything runs.
//  2. For each point the host calls Open with an [Env] of checked parameters
//     and gets an [Instance]: inputs made, memory allocated, nothing timed.
//  3. Where the instance is a [Verifier], its answer is checked before its
//     speed counts.
//  4. The host calls Sample again and again. The instance times its operation
//     through the [Recorder], which also notes what the operating system did
//     meanwhile, and adds the metrics that only the workload knows.
//  5. Close gives everything back.
//
// The package imports the standard library only, so that a plugin depends on
// nothing but this contract.
package workloads
