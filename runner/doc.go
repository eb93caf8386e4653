// Package runner measures: it takes each point of a spec through its phases
// and appends what it sees to the journal of a run. The way of the data:
//
//  1. [Run] makes one small record per point that stays, and reads from the
//     journal what an earlier process has measured already.
//  2. The order says which point is visited next: each to its end, in grid
//     order or shuffled, or one sample of each per round, every round in an
//     order of its own.
//  3. A visit needs an open instance. It is opened in a host (this process, a
//     child, or an external worker), verified once per point, and warmed up.
//     Instances stay open between rounds as long as there is memory for them.
//  4. A sample is one call of the workload. What comes back is one row of the
//     journal per measurement; a failure is a row too.
//  5. A point ends when it has its samples, when its estimate is as sure as
//     the spec asks, when its budget is spent, or when it fails.
//  6. Between samples the [Observer] is told. What a person should know about
//     the numbers comes back as warnings in the [Outcome].
//
// One goroutine does all of this, so that nothing of the runner runs beside a
// measurement. Only the end of a worker overlaps with the start of the next one,
// and is waited for before anything is measured.
package runner
