// Package load offers requests to a server in real time, and writes down what
// became of each. The way of a request:
//
//  1. A generator takes the next record of a [Log] and gives it the time at
//     which it is meant to be sent. [Closed] is a fixed number of clients, each
//     of which sends its next request when it has the answer to the last one.
//     [Open] sends at times that gaps decide, whatever became of the requests
//     before, as the many users of a public service do.
//  2. The generator hands the record to the server: a function that is called at
//     once and, for an open loop, must return at once. A [Pool] is such a server:
//     a queue without a bound before a number of workers.
//  3. The server calls [Request.Start] when it begins with the request, and
//     [Request.End] when the answer is there.
//
// All times of a record are since the start of the run. The latency counts from
// the intended time. In an open loop this is what keeps the log honest: a request
// that is late because the generator was, or that waits behind one that
// stalled, counts as waiting, which a closed loop leaves out (G. Tene,
// "coordinated omission"). How late the generator itself was is known: see
// [Request.Lag].
//
// Nothing is allocated for a request: the records are there before the first is
// sent.
package load
