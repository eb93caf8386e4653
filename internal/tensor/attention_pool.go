package tensor

import "sync"

// attentionPool keeps the states of calls that have ended, so that a repeated
// call allocates nothing and calls at the same time have one each.
type attentionPool struct{ naive, flash sync.Pool }

func (p *attentionPool) takeNaive() *naiveCall {
	if c, ok := p.naive.Get().(*naiveCall); ok {
		return c
	}
	return new(naiveCall)
}

func (p *attentionPool) giveNaive(c *naiveCall) {
	*c = naiveCall{}
	p.naive.Put(c)
}

func (p *attentionPool) takeFlash() *flashCall {
	if c, ok := p.flash.Get().(*flashCall); ok {
		return c
	}
	return new(flashCall)
}

func (p *attentionPool) giveFlash(c *flashCall) {
	*c = flashCall{}
	p.flash.Put(c)
}
