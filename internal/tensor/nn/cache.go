package nn

import (
	"errors"
	"fmt"

	"runx/internal/tensor"
)

// Cache keeps the keys and values of the tokens so far, for each layer of a
// model. It belongs to one request. A nil cache keeps nothing.
type Cache struct {
	batch  int
	layers []*tensor.KVCache
}

// NewCache takes the memory for batch sequences of up to capacity tokens from
// the arena at once, for passes on e or on engines with the same kernels. It
// fails where capacity exceeds the model's positions.
func (m *Model) NewCache(e *tensor.Engine, a *tensor.Arena, batch, capacity int) (*Cache, error) {
	if capacity > m.config.MaxSeqLen {
		return nil, fmt.Errorf("cache of %d tokens for model %q: it has %d positions", capacity, m.config.Name, m.config.MaxSeqLen)
	}
	c := &Cache{batch: batch}
	for range m.blocks {
		layer, err := tensor.NewKVCache(e, a, batch, m.config.KVHeads, capacity, m.config.HeadDim())
		if err != nil {
			return nil, errors.Join(fmt.Errorf("cache of %d sequences of %d tokens: %w", batch, capacity, err), c.Free())
		}
		c.layers = append(c.layers, layer)
	}
	return c, nil
}

// check returns an error where the cache is not for so many sequences of m.
func (c *Cache) check(m *Model, batch int) error {
	if c != nil && (c.batch != batch || len(c.layers) != len(m.blocks)) {
		return fmt.Errorf("model %q of %d layers with %d sequences: the cache is for %d layers and %d sequences",
			m.config.Name, len(m.blocks), batch, len(c.layers), c.batch)
	}
	return nil
}

// Len is how many tokens of each sequence are cached.
func (c *Cache) Len() int {
	if c == nil {
		return 0
	}
	return c.layers[0].Len()
}

// Layer is the cache of layer i, for who computes the blocks of a model one by
// one; nil for a nil cache.
func (c *Cache) Layer(i int) *tensor.KVCache {
	if c == nil {
		return nil
	}
	return c.layers[i]
}

// Capacity is how many tokens of each sequence there is room for.
func (c *Cache) Capacity() int { return c.layers[0].Capacity() }

// Bytes is the size of the cache, used or not.
func (c *Cache) Bytes() int64 {
	n := int64(0)
	for _, layer := range c.layers {
		n += layer.Bytes()
	}
	return n
}

// Truncate forgets the tokens from n on, in every layer: what a speculation got
// wrong, or all for the next request.
func (c *Cache) Truncate(n int) error {
	for _, layer := range c.layers {
		if err := layer.Truncate(n); err != nil {
			return err
		}
	}
	return nil
}

// forget brings every layer back to n tokens, those too that an error left
// with less than others.
func (c *Cache) forget(n int) {
	if c == nil {
		return
	}
	for _, layer := range c.layers {
		// A layer has n tokens or more.
		_ = layer.Truncate(n)
	}
}

// Free gives the memory back to the arena.
func (c *Cache) Free() error {
	var err error
	for _, layer := range c.layers {
		err = errors.Join(err, layer.Free())
	}
	return err
}
