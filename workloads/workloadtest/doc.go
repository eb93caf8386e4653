// Package workloadtest is the one conformance suite that every workload passes,
// in the process of the test and in a worker process behind the wire. It checks
// what package workloads promises to the runner:
//
//  1. The description is valid, documented and complete, and refuses what is
//     out of range. What Check refuses, Open refuses too, and Check accepts
//     what opens.
//  2. The defaults, every value of every enum and the given cases open, verify
//     and yield rows with all metrics. A case beside the default that is not
//     supported here is passed over.
//  3. The same seed yields the same values of the metrics that are said to
//     depend on nothing else.
//  4. A sample that is cancelled returns soon, and the instance survives it.
//  5. Steady samples allocate nothing, so that the garbage collector does not
//     run into a measurement.
//  6. Close is idempotent, and leaves no goroutine.
//
// A test package calls [Main] from its TestMain and [Run] once per workload.
package workloadtest
