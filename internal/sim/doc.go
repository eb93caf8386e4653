// Package sim simulates queues in virtual time, event by event.
//
//  1. A Distribution draws durations: gaps between arrivals (Poisson, Bursty,
//     Paced) and service times (Exponential, Lognormal, Deterministic).
//  2. A Demand makes requests of them: when each comes, and how long its service
//     takes, whatever becomes of it.
//  3. A Heap holds what is yet to happen, in the order of time; what happens at
//     the same time comes in the order of scheduling.
//  4. A Queue is a station of servers behind one line, first come first served.
//     Its Admission may refuse a request when it comes and drop it when its turn
//     comes. Queue.RunUntil moves the virtual clock.
//  5. Stats is what happened since the last reading: counts and areas, exact in
//     integers, and histograms of the times with a bounded relative error.
//  6. MM1, MMc, MMcK and MD1 are what queueing theory says about the same.
//
// All times are durations in whole nanoseconds of virtual time, so that sums are
// exact. A simulation depends on nothing but its configuration and the seed of
// its source of randomness: it repeats bit for bit.
package sim
