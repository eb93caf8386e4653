package tensor

import "sync"

// pool keeps the states of calls that have ended, so that a repeated call
// allocates nothing and calls at the same time have one each. Other than a
// sync.Pool it loses nothing.
type pool[T any] struct {
	mu   sync.Mutex
	free []*T
}

func (p *pool[T]) take() *T {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) == 0 {
		return new(T)
	}
	last := len(p.free) - 1
	state := p.free[last]
	p.free = p.free[:last]
	return state
}

// give takes a state back and forgets what it refers to.
func (p *pool[T]) give(state *T) {
	var zero T
	*state = zero
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, state)
}

// attentionPools are the states of calls of attention.
type attentionPools struct {
	naive pool[naiveCall]
	flash pool[flashCall]
}
