package kernels

import "sync"

// FreeList keeps the states of calls that have ended until they are taken again,
// so that a repeated call allocates nothing and calls at the same time have one
// each. It holds as many as were ever taken at once; other than a sync.Pool it
// loses nothing. The zero FreeList is ready to use, by any number of goroutines.
type FreeList[T any] struct {
	mu   sync.Mutex
	free []*T
}

// Take returns a zero T, one that was given back if there is any.
func (l *FreeList[T]) Take() *T {
	l.mu.Lock()
	defer l.mu.Unlock()
	if x, ok := pop(&l.free); ok {
		return x
	}
	return new(T)
}

// Give takes x back and clears it, so that it keeps no memory of a caller alive.
func (l *FreeList[T]) Give(x *T) {
	var zero T
	*x = zero
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, x)
}

// pop takes the last element.
func pop[T any](stack *[]T) (last T, ok bool) {
	if len(*stack) == 0 {
		return last, false
	}
	n := len(*stack) - 1
	last = (*stack)[n]
	clear((*stack)[n:])
	*stack = (*stack)[:n]
	return last, true
}
