package autograd

import (
	"context"
	"fmt"
	"math"
	"slices"

	"runx/internal/tensor"
)

const (
	// stepShare is how far parameters are moved along the gradient, as a share of
	// their length: so far that the loss changes by more than rounding, and so
	// near that it is still straight.
	stepShare = 1e-3
	// tolerance is how far the change of the loss may be from the length of the
	// gradient, as a share of it. What is wrong is off by much more.
	tolerance = 0.05
)

// Verify compares the loss with that of a pass that records nothing, and in mode
// backward the gradient with the change of the loss along it.
func (i *instance) Verify(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	defer i.tidy()
	if err := i.compute(); err != nil {
		return err
	}
	plain, err := i.plainLoss()
	if err != nil {
		return err
	}
	if plain != i.loss { // operations are the same, bit for bit
		return fmt.Errorf("the loss is %v, and %v where nothing is recorded", i.loss, plain)
	}
	if i.Mode != backward {
		return nil
	}
	return i.verifyGradient()
}

// plainLoss is the loss of a pass that records nothing.
func (i *instance) plainLoss() (float32, error) {
	p := tensor.NewPass(i.engine, i.arena, tensor.PassOptions{})
	loss := i.forward(p)
	if err := p.Err(); err != nil {
		return 0, err
	}
	value := loss.Data()[0]
	p.Free(loss)
	return value, p.Err()
}

// verifyGradient moves all parameters along the gradient, there and back: the
// loss changes by the gradient's length for each unit of the way.
func (i *instance) verifyGradient() error {
	var length, gradient float64
	var origin [][]float32
	for _, t := range i.model.Parameters() {
		origin = append(origin, slices.Clone(t.Data()))
		length += squares(t.Data())
		gradient += squares(t.Grad())
	}
	length, gradient = math.Sqrt(length), math.Sqrt(gradient)
	way := stepShare * length
	defer i.move(origin, 0)
	var losses [2]float64
	for n, sign := range []float64{1, -1} {
		i.move(origin, sign*way/gradient)
		loss, err := i.plainLoss()
		if err != nil {
			return err
		}
		losses[n] = float64(loss)
	}
	slope := (losses[0] - losses[1]) / (2 * way)
	if off := math.Abs(slope-gradient) / gradient; !(off <= tolerance) { // NaN is off too
		return fmt.Errorf("the loss changes by %.4g along the gradient, whose length is %.4g", slope, gradient)
	}
	return nil
}

// move puts the parameters at origin + factor * gradient. What nothing goes
// through has no gradient and stays.
func (i *instance) move(origin [][]float32, factor float64) {
	at := 0
	for _, t := range i.model.Parameters() {
		data := t.Data()
		for j, g := range t.Grad() {
			data[j] = origin[at][j] + float32(factor*float64(g))
		}
		at++
	}
}

func squares(xs []float32) float64 {
	var sum float64
	for _, x := range xs {
		sum += float64(x) * float64(x)
	}
	return sum
}
