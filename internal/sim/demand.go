package sim

import (
	"math/rand/v2"
	"time"
)

// A Request is what a Demand asks for.
type Request struct {
	Gap     time.Duration // since the request before it
	Service time.Duration // of one server
}

// A Demand is a stream of requests. It is decided by its distributions and a
// seed, and by nothing that becomes of the requests: queues that differ in their
// servers or their admission meet the same ones (common random numbers), so that
// a difference between them is not one of luck. Gaps and services have a source
// of randomness each: another distribution of the one leaves the other as it is.
type Demand struct {
	gaps, service stream
}

// Streams of a seed. Their distance is that of two numbers without a pattern,
// as sources of randomness want it.
const (
	gapStream     = 0x9e3779b97f4a7c15
	serviceStream = 0xd1b54a32d192ed03
)

// NewDemand returns the stream of a seed. It uses the distributions as its own.
func NewDemand(gaps, service Distribution, seed uint64) *Demand {
	d := &Demand{gaps: newStream(gaps, gapStream), service: newStream(service, serviceStream)}
	d.Reset(seed)
	return d
}

// Reset begins the stream of another seed.
func (d *Demand) Reset(seed uint64) {
	d.gaps.reset(seed)
	d.service.reset(seed)
}

// Next returns the next request.
func (d *Demand) Next() Request {
	return Request{Gap: d.gaps.draw(), Service: d.service.draw()}
}

// A stream is a distribution with a source of its own.
type stream struct {
	distribution Distribution
	number       uint64
	source       *rand.PCG
	random       *rand.Rand
}

func newStream(d Distribution, number uint64) stream {
	source := rand.NewPCG(0, number)
	return stream{distribution: d, number: number, source: source, random: rand.New(source)}
}

func (s *stream) reset(seed uint64) {
	s.source.Seed(seed, s.number)
	if d, ok := s.distribution.(interface{ Reset() }); ok {
		d.Reset()
	}
}

func (s *stream) draw() time.Duration { return s.distribution.Draw(s.random) }
