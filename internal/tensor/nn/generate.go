package nn

import (
	"iter"
	"slices"

	"runx/internal/tensor"
)

// Generate continues one sequence: the tokens of the prompt, appended to the
// cache, are followed by what the sampler picks, token by token. Each token is
// yielded as soon as it is known; the sequence ends when the caller stops, the
// cache is full, or there is an error, which is the pass's. The last token that
// is yielded is not in the cache yet.
//
// With a nil cache each token costs a pass over all tokens before it; the
// sequence ends with the model's positions.
func (m *Model) Generate(p *tensor.Pass, prompt []int32, cache *Cache, s *Sampler) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		ids := slices.Clone(prompt)
		for {
			logits := m.Prefill(p, ids, 1, cache)
			if p.Err() != nil {
				return
			}
			next, err := s.Next(logits.Data())
			p.Free(logits)
			if err != nil {
				p.Fail(err)
				return
			}
			if !yield(next) || m.room(ids, cache) == 0 {
				return
			}
			if cache != nil {
				ids = ids[:0]
			}
			ids = append(ids, next)
		}
	}
}

// room is how many tokens can follow.
func (m *Model) room(ids []int32, cache *Cache) int {
	if cache == nil {
		return m.config.MaxSeqLen - len(ids)
	}
	return cache.Capacity() - cache.Len()
}
