package kernels

// vectorRoutines are what operations on slices need of an instruction set.
type vectorRoutines struct {
	// maxOf is the largest of at least one element, NaNs passed over.
	maxOf func(x []float32) float32
	// expSum writes dst = 2^((x-bias)*scale) for at least one element and
	// returns the sum.
	expSum func(dst, x []float32, bias, scale float32) float32
	// scale writes dst = x*factor for at least one element.
	scale func(dst, x []float32, factor float32)
}

func portableVectors() vectorRoutines {
	return vectorRoutines{maxOf: maxOfPortable, expSum: expSumPortable, scale: scalePortable}
}
