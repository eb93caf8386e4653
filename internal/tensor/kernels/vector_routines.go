package kernels

// vectorRoutines are what operations on slices need of an instruction set. All
// slices of a call have the same length, at least 1 and at most maxChunk; the
// methods of Set see to that. What is written may be one of those read.
type vectorRoutines struct {
	// maxOf is the largest element, NaNs passed over.
	maxOf func(x []float32) float32
	// firstEqual is the index of the first element equal to value, or -1.
	firstEqual func(x []float32, value float32) int
	// sum is the sum of x.
	sum func(x []float32) float32
	// sumMul is the sum of x*y.
	sumMul func(x, y []float32) float32
	// squares is the sum of (x-shift)^2.
	squares func(x []float32, shift float32) float32

	// exp writes dst = e^x, x of any size.
	exp func(dst, x []float32)
	// expSum writes dst = 2^((x-bias)*scale) and returns the sum.
	expSum func(dst, x []float32, bias, scale float32) float32
	// sumExp is what expSum returns; it writes nothing.
	sumExp func(x []float32, bias, scale float32) float32

	// scale writes dst = x*factor.
	scale func(dst, x []float32, factor float32)
	// shift writes dst = (x-bias)-offset.
	shift func(dst, x []float32, bias, offset float32)
	// scaleAdd writes dst = x*factor + y.
	scaleAdd func(dst, x, y []float32, factor float32)
	// mulShifted writes dst = (x-shift)*factor*y.
	mulShifted func(dst, x, y []float32, shift, factor float32)
	// addMulShifted writes dst += (x-shift)*factor*y.
	addMulShifted func(dst, x, y []float32, shift, factor float32)
	// subExpMul writes dst += y - e^x*factor.
	subExpMul func(dst, x, y []float32, factor float32)
	// rotate turns each pair (x1, x2) by the angle with that cosine and sine.
	rotate func(x1, x2, cos, sin []float32)

	// normalize writes dst = (x-mean)*rstd*gain + bias.
	normalize func(dst, x, gain, bias []float32, mean, rstd float32)
	// normSums are the sums of gain*dy and of gain*dy*(x-mean).
	normSums func(x, gain, dy []float32, mean float32) (gradients, projections float32)
	// normGrad writes dx += gain*dy*rstd + (x-mean)*slope + offset.
	normGrad func(dx, x, gain, dy []float32, mean, rstd, slope, offset float32)

	// gelu writes dst = gelu(x), silu dst = silu(x), swiglu dst = silu(gate)*up.
	gelu   func(dst, x []float32)
	silu   func(dst, x []float32)
	swiglu func(dst, gate, up []float32)
	// geluGrad writes dx += dy*gelu'(x), siluGrad dx += dy*silu'(x).
	geluGrad func(dx, x, dy []float32)
	siluGrad func(dx, x, dy []float32)
	// swigluGrad writes dgate += dy*up*silu'(gate) and dup += dy*silu(gate).
	swigluGrad func(dgate, dup, gate, up, dy []float32)
}

func portableVectors() vectorRoutines {
	return vectorRoutines{
		maxOf: maxOfPortable, firstEqual: firstEqualPortable,
		sum: sumPortable, sumMul: sumMulPortable, squares: squaresPortable,
		exp: expPortable, expSum: expSumPortable, sumExp: sumExpPortable,
		scale: scalePortable, shift: shiftPortable, scaleAdd: scaleAddPortable,
		mulShifted: mulShiftedPortable, addMulShifted: addMulShiftedPortable,
		subExpMul: subExpMulPortable, rotate: rotatePortable,
		normalize: normalizePortable, normSums: normSumsPortable, normGrad: normGradPortable,
		gelu: geluPortable, silu: siluPortable, swiglu: swigluPortable,
		geluGrad: geluGradPortable, siluGrad: siluGradPortable, swigluGrad: swigluGradPortable,
	}
}
