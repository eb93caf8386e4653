package precision

import (
	"fmt"
	"math"
	"runtime"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

const (
	floatBytes = 4
	// buildPanels is how many panels of the weights are made at a time: they
	// stay in the cache from the random numbers to the stored panel.
	buildPanels = 4
	// sampledOutputs are the logits that are compared with float64.
	sampledOutputs = 128
)

// A layer is weights in their storage, and some of them as they were before and
// as they are stored.
type layer struct {
	config
	storage
	weights       kernels.Packed // dim × outputs
	sampled       []int          // outputs, ascending
	exact, stored [][]float32    // the rows of these outputs before rounding, and after
}

// The streams of random numbers that a seed begins: one for each block of
// weights, those of the inputs elsewhere.
func blockSeed(seed uint64, block int) uint64 { return seed + uint64(block) }
func inputSeed(seed uint64) uint64            { return seed ^ 1<<63 }
func probeSeed(seed uint64) uint64            { return seed ^ 1<<62 }

// buildThreads is how many threads make the weights: nothing is timed then.
func (c config) buildThreads() int { return min(runtime.GOMAXPROCS(0), tensor.MaxThreads) }

// build draws the weights, and finds out what their rounding does to the logits
// of the probes. The unrounded weights exist a block at a time.
func build(c config, a *tensor.Arena, seed uint64) (*layer, accuracy, error) {
	team := kernels.NewTeam(kernels.Best(), c.buildThreads())
	defer team.Close()
	set := team.Set()
	b := &building{
		layer:  newLayer(c),
		seed:   seed,
		rows:   buildPanels * set.ColStep(),
		probes: make([]float32, c.Probes*c.Dim),
		logits: make([]float32, c.Probes*c.Outputs),
		blocks: make([][2][]float32, team.Threads()),
	}
	tensor.FillNormal(b.probes, probeSeed(seed))
	if err := b.layer.alloc(set, a, c.Dim, c.Outputs); err != nil {
		return nil, accuracy{}, err
	}
	parts := (c.Outputs + b.rows - 1) / b.rows
	if err := team.Run(kernels.Step{Task: b, Parts: parts}); err != nil {
		return nil, accuracy{}, err
	}
	if err := b.layer.finish(set); err != nil {
		return nil, accuracy{}, err
	}
	got, err := b.assess(team)
	return b.layer, got, err
}

// building is the task of making a layer.
type building struct {
	layer  *layer
	seed   uint64
	rows   int // of a part
	probes []float32
	logits []float32      // of float32 weights
	blocks [][2][]float32 // of each worker: rows before packing and after
}

func newLayer(c config) *layer {
	l := &layer{config: c, storage: storage{format: kernels.FormatOf(c.Dtype)}, sampled: spread(c.Outputs, sampledOutputs)}
	l.exact, l.stored = make([][]float32, len(l.sampled)), make([][]float32, len(l.sampled))
	return l
}

// finish takes up what was packed, and checks the sampled outputs of it.
func (l *layer) finish(set *kernels.Set) (err error) {
	if l.weights, err = l.factor(set, l.Dim, l.Outputs); err != nil {
		return err
	}
	for n, output := range l.sampled {
		l.stored[n] = make([]float32, l.Dim)
		if err := l.weights.Column(output, l.stored[n]); err != nil {
			return err
		}
		if err := checkStored(l.format, l.exact[n], l.stored[n]); err != nil {
			return fmt.Errorf("output %d: %w", output, err)
		}
	}
	return nil
}

// Do makes a block of outputs: draws it, stores it, and multiplies the probes by
// it as it is before rounding.
func (b *building) Do(w *kernels.Worker, part int) error {
	l := b.layer
	first := part * b.rows
	rows := min(b.rows, l.Outputs-first)
	drawn, packed := b.block(w)
	drawn = drawn[:rows*l.Dim]
	tensor.FillNormal(drawn, blockSeed(b.seed, part))
	w.Scale(drawn, drawn, float32(1/math.Sqrt(float64(l.Dim))))
	for n, output := range l.sampled {
		if output >= first && output < first+rows {
			l.exact[n] = append([]float32(nil), drawn[(output-first)*l.Dim:][:l.Dim]...)
		}
	}
	columns := kernels.RowMajor(drawn, rows, l.Dim).Transposed()
	if err := l.pack(w.Set, first, columns); err != nil {
		return err
	}
	factor, err := w.Pack(packed, columns)
	if err != nil {
		return err
	}
	logits := kernels.Matrix{Data: b.logits[first:], Rows: l.Probes, Cols: rows, RowStride: l.Outputs, ColStride: 1}
	return w.GemmPacked(1, kernels.RowMajor(b.probes, l.Probes, l.Dim), factor, 0, logits)
}

// block is the worker's room for rows before packing and after.
func (b *building) block(w *kernels.Worker) (drawn, packed []float32) {
	own := &b.blocks[w.Index()]
	if own[0] == nil {
		own[0] = make([]float32, b.rows*b.layer.Dim)
		own[1] = make([]float32, w.PackedLen(b.layer.Dim, b.rows))
	}
	return own[0], own[1]
}

// spread is up to count numbers from 0 to before n, the first and the last among
// them, at even distances.
func spread(n, count int) []int {
	count = min(n, count)
	chosen := make([]int, count)
	for i := range chosen {
		chosen[i] = i * (n - 1) / max(count-1, 1)
	}
	return chosen
}
