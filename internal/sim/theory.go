package sim

import "math"

// A Theory is the stationary state that a formula predicts for a queue. Times
// are in the unit whose inverse the rates have.
type Theory struct {
	Utilization float64 // share of the servers that is busy
	Delayed     float64 // probability that a request that is let in has to wait
	Blocked     float64 // probability that a request finds no room
	Waiting     float64 // mean number of requests in the line
	Present     float64 // mean number in the line and in service
	Wait        float64 // mean time in the line, of those that are let in
	Sojourn     float64 // mean time in the line and in service, likewise
}

// MM1 is one server with exponential service and Poisson arrivals. arrival and
// service are rates; where arrival is not below service the line grows without
// bound and all is +Inf.
//
// Source: L. Kleinrock, Queueing Systems I, 1975, 3.2.
func MM1(arrival, service float64) Theory { return MMc(arrival, service, 1) }

// MMc is MM1 with several servers: Erlang's delay formula (Erlang C).
//
// Source: Kleinrock 3.5; D. Gross et al., Fundamentals of Queueing Theory, 4th
// edition, 2008, 2.3.
func MMc(arrival, service float64, servers int) Theory {
	offered := arrival / service
	utilization := offered / float64(servers)
	if utilization >= 1 {
		return unbounded()
	}
	blocked := erlangB(offered, servers)
	delayed := blocked / (1 - utilization*(1-blocked))
	wait := delayed / (float64(servers)*service - arrival)
	return Theory{
		Utilization: utilization, Delayed: delayed,
		Waiting: arrival * wait, Present: arrival*wait + offered,
		Wait: wait, Sojourn: wait + 1/service,
	}
}

// erlangB is the probability that all servers are busy where nobody waits, by
// the recursion over servers, which nothing overflows.
func erlangB(offered float64, servers int) float64 {
	b := 1.0
	for c := 1; c <= servers; c++ {
		b = offered * b / (float64(c) + offered*b)
	}
	return b
}

// MMcK is MMc with room for capacity requests, those in service included; who
// finds none is lost. capacity is at least servers. Any load has a stationary
// state.
//
// Source: Gross et al. 2.5.
func MMcK(arrival, service float64, servers, capacity int) Theory {
	offered := arrival / service
	// The weights of the states relative to the largest so far do not overflow.
	weight, sum := 1.0, 1.0
	var waiting, busy, all float64
	for n := 1; n <= capacity; n++ {
		weight *= offered / float64(min(n, servers))
		sum += weight
		busy += weight * float64(min(n, servers))
		waiting += weight * float64(max(0, n-servers))
		if n >= servers && n < capacity {
			all += weight
		}
		if weight > 1e100 {
			scale := 1 / weight
			weight, sum, busy, waiting, all = 1, sum*scale, busy*scale, waiting*scale, all*scale
		}
	}
	blocked := weight / sum
	admitted := arrival * (1 - blocked)
	return Theory{
		Utilization: busy / sum / float64(servers), Blocked: blocked,
		Delayed: all / sum / (1 - blocked),
		Waiting: waiting / sum, Present: (waiting + busy) / sum,
		Wait: waiting / sum / admitted, Sojourn: (waiting + busy) / sum / admitted,
	}
}

// MD1 is one server with equal service times and Poisson arrivals: the formula of
// Pollaczek and Khinchine with no variance of service.
//
// Source: Kleinrock 5.6.
func MD1(arrival, service float64) Theory { return MG1(arrival, service, 0) }

// MG1 is one server with Poisson arrivals and service times of any distribution,
// of which the formula of Pollaczek and Khinchine needs the mean 1/service and
// the coefficient of variation.
//
// Source: Kleinrock 5.6.
func MG1(arrival, service, cv float64) Theory {
	utilization := arrival / service
	if utilization >= 1 {
		return unbounded()
	}
	wait := utilization * (1 + cv*cv) / (2 * (service - arrival))
	return Theory{
		Utilization: utilization, Delayed: utilization,
		Waiting: arrival * wait, Present: arrival*wait + utilization,
		Wait: wait, Sojourn: wait + 1/service,
	}
}

// unbounded is a queue that more comes to than it can serve.
func unbounded() Theory {
	inf := math.Inf(1)
	return Theory{Utilization: 1, Delayed: 1, Waiting: inf, Present: inf, Wait: inf, Sojourn: inf}
}
