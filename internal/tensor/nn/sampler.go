package nn

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"runx/internal/tensor/kernels"
)

// Sampler picks the next token. The zero value takes the most likely one. A
// Sampler serves one request at a time.
type Sampler struct {
	// Temperature divides the logits; zero or less takes the most likely token.
	Temperature float64
	// TopK leaves the k most likely tokens to choose from (A. Fan et al.,
	// "Hierarchical Neural Story Generation", 2018); zero leaves all.
	TopK int
	// Seed decides what is picked. It is read at the first token.
	Seed uint64

	set        *kernels.Set
	random     *rand.Rand
	candidates []int32
	values     []float32
}

// ErrNoToken is returned for logits that are all NaN, -Inf or none at all.
var ErrNoToken = errors.New("no token can be picked: the logits have no largest")

// Next picks a token by its logit: softmax(logits/Temperature) over the
// candidates. Of equal logits the token with the smaller id comes first.
func (s *Sampler) Next(logits []float32) (int32, error) {
	if s.set == nil {
		s.set, s.random = kernels.Best(), rand.New(rand.NewPCG(s.Seed, 0))
	}
	best := s.set.Argmax(logits)
	if best < 0 || math.IsInf(float64(logits[best]), -1) {
		return 0, ErrNoToken
	}
	if s.Temperature <= 0 || s.TopK == 1 {
		return int32(best), nil
	}
	s.choose(logits)
	return s.pick(logits, logits[best]), nil
}

// choose lists the candidates in the order of their ids.
func (s *Sampler) choose(logits []float32) {
	s.candidates = s.candidates[:0]
	k := s.TopK
	if k <= 0 || k >= len(logits) {
		for i := range logits {
			s.candidates = append(s.candidates, int32(i))
		}
		return
	}
	for i := range logits {
		s.offer(logits, int32(i), k)
	}
	slices.Sort(s.candidates)
}

// offer keeps the candidates a heap of the k best so far, the worst on top.
func (s *Sampler) offer(logits []float32, id int32, k int) {
	heap := s.candidates
	switch {
	case logits[id] != logits[id]: // NaN
	case len(heap) < k:
		s.candidates = append(heap, id)
		siftUp(logits, s.candidates)
	case worse(logits, heap[0], id):
		heap[0] = id
		siftDown(logits, heap)
	}
}

// worse reports whether token a is to be left out before b.
func worse(logits []float32, a, b int32) bool {
	return logits[a] < logits[b] || logits[a] == logits[b] && a > b
}

func siftUp(logits []float32, heap []int32) {
	for i := len(heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !worse(logits, heap[i], heap[parent]) {
			return
		}
		heap[i], heap[parent] = heap[parent], heap[i]
		i = parent
	}
}

func siftDown(logits []float32, heap []int32) {
	for i := 0; ; {
		worst := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(heap); child++ {
			if worse(logits, heap[child], heap[worst]) {
				worst = child
			}
		}
		if worst == i {
			return
		}
		heap[i], heap[worst] = heap[worst], heap[i]
		i = worst
	}
}

// pick draws one candidate. A logit of +Inf leaves no chance to finite ones.
func (s *Sampler) pick(logits []float32, best float32) int32 {
	s.values = s.values[:0]
	for _, id := range s.candidates {
		s.values = append(s.values, scaledLogit(logits[id], best, s.Temperature))
	}
	s.set.Exp(s.values, s.values)
	var total float64
	for _, v := range s.values {
		total += float64(v)
	}
	left := s.random.Float64() * total
	last := s.candidates[0]
	for i, v := range s.values {
		if v > 0 {
			last = s.candidates[i]
		}
		if left -= float64(v); left < 0 {
			break
		}
	}
	return last
}

// scaledLogit is at most 0; -Inf for what cannot be picked.
func scaledLogit(logit, best float32, temperature float64) float32 {
	switch {
	case logit == best:
		return 0 // +Inf too
	case logit != logit:
		return float32(math.Inf(-1))
	default:
		return float32((float64(logit) - float64(best)) / temperature)
	}
}
