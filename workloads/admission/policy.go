package admission

import (
	"math"
	"time"

	"runx/internal/sim"
)

// A policy is an admission that can start anew. It takes the time from its
// caller, so that virtual and real time are the same to it.
type policy interface {
	sim.Admission
	reset()
}

func newPolicy(p *point) policy {
	switch p.Policy {
	case queueLimit:
		return &limitPolicy{room: p.Servers + p.QueueLimit}
	case tokenBucket:
		capacity := float64(p.Servers) / float64(milliseconds(p.MeanServiceMS))
		return &tokenPolicy{rate: p.TokenRate * capacity, burst: float64(p.TokenBurst)}
	case coDel:
		return &codelPolicy{target: milliseconds(p.TargetMS), interval: milliseconds(p.IntervalMS)}
	case adaptive:
		return &adaptivePolicy{objective: milliseconds(p.SLOMS / 2), start: float64(p.Servers)}
	default:
		return &openPolicy{}
	}
}

// openPolicy serves everyone. The others embed it for what they leave open.
type openPolicy struct{}

func (openPolicy) Admit(time.Duration, int) bool        { return true }
func (openPolicy) Serve(_, _ time.Duration, _ int) bool { return true }
func (openPolicy) Done(_, _ time.Duration, _ int)       {}
func (openPolicy) reset()                               {}

// limitPolicy refuses whoever finds no room.
type limitPolicy struct {
	openPolicy
	room int // in the line and in service
}

func (p *limitPolicy) Admit(_ time.Duration, present int) bool { return present < p.room }

// tokenPolicy gives each request a token. Between from and from+t it admits at
// most burst + rate*t.
type tokenPolicy struct {
	openPolicy
	rate, burst float64 // tokens a nanosecond, tokens

	spent float64 // of burst
	last  time.Duration
}

func (p *tokenPolicy) reset() { p.spent, p.last = 0, 0 }

func (p *tokenPolicy) Admit(now time.Duration, _ int) bool {
	p.spent = max(0, p.spent-p.rate*float64(now-p.last))
	p.last = now
	if p.spent > p.burst-1 {
		return false
	}
	p.spent++
	return true
}

// codelPolicy is the state machine of the pseudocode in RFC 8289, section 5: what
// is there the sojourn time of a packet is here the wait of a request whose turn
// has come. There one call takes packets until one passes, here each request is
// a call.
type codelPolicy struct {
	openPolicy
	target, interval time.Duration

	above    bool          // the wait has been above the target since due - interval
	due      time.Duration // when that has lasted for an interval
	dropping bool
	dropped  bool          // the last request, at next: the drop after it has no time yet
	next     time.Duration // the next drop
	count    int           // drops since dropping began
	previous int           // count when it last began
}

func (p *codelPolicy) reset() { *p = codelPolicy{target: p.target, interval: p.interval} }

func (p *codelPolicy) Serve(now, waited time.Duration, behind int) bool {
	excessive := p.excessive(now, waited, behind)
	if !excessive {
		p.dropping, p.dropped = false, false
		return true
	}
	if !p.dropping {
		p.begin(now)
		return false
	}
	if p.dropped {
		p.dropped = false
		p.next = p.law(p.next)
	}
	if now < p.next {
		return true
	}
	p.count++
	p.dropped = true
	return false
}

// begin enters the dropping state with a first drop. What worked a short while
// ago is a better start than nothing.
func (p *codelPolicy) begin(now time.Duration) {
	since := p.count - p.previous
	p.count = 1
	if since > 1 && now-p.next < 16*p.interval {
		p.count = since
	}
	p.previous = p.count
	p.dropping = true
	p.next = p.law(now)
}

// excessive tells whether waits have been above the target for an interval. A
// line of which no more than one request is left, where the RFC has a packet of
// the largest size, is none that stands.
func (p *codelPolicy) excessive(now, waited time.Duration, behind int) bool {
	if waited < p.target || behind <= 1 {
		p.above = false
		return false
	}
	if !p.above {
		p.above, p.due = true, now+p.interval
		return false
	}
	return now >= p.due
}

// law is when the next drop is due: the gaps shrink with the root of their
// number, so that a load that yields to drops yields at an even pace.
func (p *codelPolicy) law(from time.Duration) time.Duration {
	return from + time.Duration(float64(p.interval)/math.Sqrt(float64(p.count)))
}

// adaptivePolicy finds a limit on the requests that are present.
type adaptivePolicy struct {
	openPolicy
	objective time.Duration // sojourns above it are too long
	start     float64

	limit   float64
	settled time.Duration // what came before it met an older limit
}

// decrease is what a sojourn that is too long leaves of the limit.
const decrease = 0.9

func (p *adaptivePolicy) reset() { p.limit, p.settled = p.start, 0 }

func (p *adaptivePolicy) Admit(_ time.Duration, present int) bool {
	return float64(present) < p.limit
}

func (p *adaptivePolicy) Done(now, sojourn time.Duration, present int) {
	switch {
	case sojourn > p.objective:
		if now-sojourn >= p.settled {
			p.limit = max(1, p.limit*decrease)
			p.settled = now
		}
	case float64(present+1) > p.limit-1: // in use
		p.limit += 1 / p.limit
	}
}
