package nn

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

// ModelOptions say how a model of random weights is made. The zero value is
// plain float32 for inference.
type ModelOptions struct {
	// Seed decides the weights.
	Seed uint64
	// Format is that of the matrices. Gains, biases and learned positions are
	// always float32.
	Format kernels.Format
	// Trainable gives every parameter a gradient. Format must be Float32.
	Trainable bool
}

// NewModel makes a model of random weights, as GPT-2's are before training
// (Radford et al. 2019, section 2.3, and their code): matrices and positions
// normal with deviation 0.02, divided by sqrt(2*Layers) where products are added
// to the residual stream; gains one, biases zero. The weights depend on the seed,
// not on the threads, of which it uses those of e; in another format they are the
// float32 ones rounded to nearest even. Memory comes from the arena. It fails
// where the config is not valid, the format is unknown or cannot be trained, or
// the memory is missing.
func NewModel(e *tensor.Engine, a *tensor.Arena, c Config, o ModelOptions) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.Trainable && o.Format != kernels.Float32 {
		return nil, fmt.Errorf("model %q in %s cannot be trained\nhint: train in %s", c.Name, o.Format, kernels.Float32)
	}
	m := &Model{config: c, trainable: o.Trainable, algorithm: tensor.Flash}
	for s := range c.specs() {
		q, err := o.parameter(a, s)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("model %q: %w", c.Name, err), m.Free())
		}
		m.parameters = append(m.parameters, q)
	}
	m.randomise(e.Threads(), o.Seed)
	m.assemble()
	return m, nil
}

func (o ModelOptions) parameter(a *tensor.Arena, s spec) (*parameter, error) {
	if s.matrix() && o.Format != kernels.Float32 {
		return newHalves(a, s, o.Format)
	}
	return newFloats(a, s, o.Trainable)
}

// fillBlock is how many elements are filled from one seed.
const fillBlock = 1 << 16

// fillTask is a block of a parameter.
type fillTask struct {
	parameter    *parameter
	index, block int
}

// randomise fills all parameters. Each block has a seed of its own, so that
// threads can share the work and the weights do not depend on how.
func (m *Model) randomise(threads int, seed uint64) {
	var tasks []fillTask
	for i, q := range m.parameters {
		for block := range (q.elements() + fillBlock - 1) / fillBlock {
			tasks = append(tasks, fillTask{q, i, int(block)})
		}
	}
	set := kernels.Best()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() {
			values := make([]float32, fillBlock)
			for i := next.Add(1) - 1; i < int64(len(tasks)); i = next.Add(1) - 1 {
				m.fill(tasks[i], seed, values, set)
			}
		})
	}
	wg.Wait()
}

// fill sets the elements of one block; values is room for them.
func (m *Model) fill(t fillTask, seed uint64, values []float32, set *kernels.Set) {
	first := t.block * fillBlock
	n := min(fillBlock, int(t.parameter.elements())-first)
	if t.parameter.halves == nil {
		values = t.parameter.tensor.Data()[first:]
	}
	values = values[:n]
	m.initial(values, t.parameter.kind, rand.New(rand.NewPCG(seed, mixed(uint64(t.index)<<32|uint64(t.block)))))
	if t.parameter.halves != nil {
		set.Round(t.parameter.halves[first:][:n], values, t.parameter.format())
	}
}

// initial sets values to what a parameter begins with.
func (m *Model) initial(values []float32, k kind, random *rand.Rand) {
	deviation := 0.02
	switch k {
	case gain:
		for i := range values {
			values[i] = 1
		}
		return
	case bias:
		return
	case residual:
		deviation /= math.Sqrt(2 * float64(m.config.Layers))
	}
	for i := range values {
		values[i] = float32(random.NormFloat64() * deviation)
	}
}

// mixed is the finalizer of SplitMix64 (G. Steele, D. Lea, C. Flood, 2014): it
// makes unlike numbers of neighbours.
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
