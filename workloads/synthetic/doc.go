// Package synthetic draws its latency from a declared distribution: the right answer is known.
//
// Nothing is timed and nothing takes time. latency_ms is a draw, so what the
// statistics, the stop rule and the claims say about it can be held against
// theory. With a standard normal z, a uniform u in (0, 1) and a standard
// exponential e, one draw is
//
//	deterministic  location_ms
//	normal         location_ms + scale_ms * z
//	lognormal      location_ms + scale_ms * exp(shape * z)
//	exponential    location_ms + scale_ms * e
//	uniform        location_ms + scale_ms * u
//	pareto         location_ms + scale_ms * u^(-1/shape)
//	bimodal        location_ms, or with probability shape location_ms + scale_ms
//
// which are loc, scale and shape as SciPy has them. A negative draw becomes 0;
// that leaves all positive quantiles as they are. All draws are made from z by
// way of its distribution function. autocorrelation makes z a stationary
// process with z[n] = autocorrelation * z[n-1] + noise, and leaves the
// distribution of the draws as it is (a Gaussian copula): normal draws have
// just that autocorrelation at lag 1, others one that is closer to 0.
//
// A draw is then multiplied by size^exponent, a scaling law for claims about
// curves, and by 1 + drift_ratio * n in the n-th sample of the instance, the
// warm-up counted from 0. A share failure_ratio of the samples fails on purpose.
//
// A fresh instance begins the sequence of its seed. With isolate: sample each
// sample comes from one, with a seed that depends on the repetition: the samples
// are then independent whatever autocorrelation says, and do not drift. What the
// runner itself costs is in wall_ms.
package synthetic
