package nn

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

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
// not on the threads of e, which fill them; in another format they are the
// float32 ones rounded to nearest even. Memory comes from the arena. It fails
// where the config is not valid, the format is unknown or cannot be trained, the
// memory is missing, or e is closed.
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
	if err := m.randomise(e, o.Seed); err != nil {
		return nil, errors.Join(fmt.Errorf("model %q: %w", c.Name, err), m.Free())
	}
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

// randomise fills all parameters. Each block has a seed of its own, so that
// threads can share the work and the weights do not depend on how.
func (m *Model) randomise(e *tensor.Engine, seed uint64) error {
	f := &filling{model: m, seed: seed, scratch: make([][]float32, e.Threads())}
	for i, q := range m.parameters {
		for block := range (q.elements() + fillBlock - 1) / fillBlock {
			f.blocks = append(f.blocks, parameterBlock{q, i, int(block)})
		}
	}
	return e.Run(kernels.Step{Task: f, Parts: len(f.blocks)})
}

// filling is the task that fills the parameters of a model, a block a part.
type filling struct {
	model   *Model
	seed    uint64
	blocks  []parameterBlock
	scratch [][]float32 // of each worker, for what is rounded to halves
}

type parameterBlock struct {
	parameter    *parameter
	index, block int
}

// Do fills block i.
func (f *filling) Do(w *kernels.Worker, i int) error {
	b := f.blocks[i]
	q, first := b.parameter, b.block*fillBlock
	n := min(fillBlock, int(q.elements())-first)
	random := rand.New(rand.NewPCG(f.seed, mixed(uint64(b.index)<<32|uint64(b.block))))
	if q.halves == nil {
		f.model.initial(q.tensor.Data()[first:][:n], q.kind, random)
		return nil
	}
	if f.scratch[w.Index()] == nil {
		f.scratch[w.Index()] = make([]float32, fillBlock)
	}
	values := f.scratch[w.Index()][:n]
	f.model.initial(values, q.kind, random)
	w.Round(q.halves[first:][:n], values, q.format())
	return nil
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
