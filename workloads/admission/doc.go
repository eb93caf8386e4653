// Package admission overloads a server and measures what saying no does for those it says yes to.
//
// Requests come whether or not there are answers (an open loop) to a number of
// servers behind one line, first come first served. load is the rate at which
// they come over the capacity, which is servers/mean_service_ms. An answer
// counts as good if it comes within slo_ms. Gaps are those of a Poisson
// process, or of a bursty one: three times the mean rate for a quarter of the
// time, in bursts of 100 requests, or all equal (paced). Service times are
// exponential, lognormal with a coefficient of variation of 2, or all equal.
//
// The policy decides who is served:
//
//   - accept_all: everyone.
//   - queue_limit: a request that finds queue_limit others waiting is refused.
//   - token_bucket: tokens come at token_rate_ratio of the capacity, token_burst
//     are kept at most, and who finds none is refused. It does not look at the
//     line.
//   - codel: everyone comes in, but once every wait has been above target_ms
//     for interval_ms, requests are dropped whose turn comes, ever faster until
//     the wait is below the target again (Nichols and Jacobson, "Controlling
//     Queue Delay", ACM Queue 10(5), 2012, and RFC 8289, with requests for
//     packets). It is made for senders that slow down when they lose a packet.
//     These do not: t after the first drop it drops t/(2 interval_ms^2) a second,
//     so that an excess of x a second is met after 2x interval_ms^2, and what came
//     in excess until then waits.
//   - adaptive: a limit on the requests that are present, waiting or in service.
//     A sojourn within half of slo_ms raises it by one a limit's worth of
//     answers, if it is in use; a longer one takes a tenth off, once a sojourn:
//     additive increase, multiplicative decrease, as of TCP.
//
// All policies meet the same requests: when each comes and how long its service
// takes is decided by demand_seed, the number of the repetition and the
// distributions, whatever becomes of it (common random numbers). At other loads
// the same requests come closer together. A policy that is better is so on the
// same requests, and small differences need few repetitions. The seed of the spec
// plays no part.
//
// In mode sim the run is a discrete-event simulation in virtual time: all its
// times are virtual, and it repeats bit for bit. In mode live it takes place in
// real time within the process, with the same requests and the same policies: an
// open-loop generator, a queue, and workers that sleep for the service time. They
// sleep rather than compute so that the capacity is the stated one whatever the
// cores: what is real is the scheduler, the timers, the queue and the locks. A
// sleep ends some 0.1 to 1 ms late, which is in the latency of the request; the
// worker makes up for it with the next one, or the capacity would be less than
// stated. Latencies count from the time at which a request was meant to be sent.
//
// A run starts with nobody there and lasts for requests mean gaps. It is cut into
// windows of equal length, each of which is a row; elapsed_s is the end of the
// window. Requests count where they come, answers and drops where they happen; who
// is still there at the end has no answer. latency_ms is the mean sojourn (waiting
// and service) of those answered, p50_ms and p99_ms are its quantiles, off by less
// than 1%; where nobody was answered latency_ms is the length of the window, a
// bound from below on the next answer. Refused and dropped requests stay in the
// denominator of rejected_ratio and slo_ratio. theory_* are the formulas of
// M/M/c (accept_all), M/M/c/K (queue_limit) and, for one server with any service
// times, of Pollaczek and Khinchine (accept_all); they are missing where there is
// none, and where the line grows without bound. The means of windows that are long
// to what a line remembers are all but independent (batch means): the first one
// left out, they give the formula an interval to be held to.
//
// Not measured: clients that try again or slow down when they are refused,
// priorities, and the cost of refusing. The model carries over to any service
// with a stable service time: GPU inference without batching is one. With
// batching the service time depends on the line, which it does not here.
package admission
