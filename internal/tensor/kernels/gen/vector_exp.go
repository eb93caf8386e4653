package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// exp2Coefficients interpolate 2^r on [-1/2, 1/2] at the Chebyshev nodes, from
// r^6 down to r^0; the relative error in float32 is below 2e-8.
var exp2Coefficients = []float32{
	0.000154614449, 0.0013400428, 0.00961805694, 0.0555032715, 0.240226507, 0.693147182, 1,
}

const (
	// leastExponent of 2 has a normal result.
	leastExponent = -126

	// log2E is log2(e) and log2ERest what float32 leaves of it.
	log2E     = float32(math.Log2E)
	log2ERest = float32(math.Log2E - float64(float32(math.Log2E)))
	// e^x is normal from expLeast on and finite up to expMost.
	expLeast = -87.33654
	expMost  = 88.72283
)

// Predicates of VCMPPS.
const (
	compareEqual   = 0x00 // false for NaN
	compareNotLess = 0x05 // true for NaN
	compareGreater = 0x0e // false for NaN
)

// exponentials emits what is little but an exponential.
func (v vectorEmitter) exponentials() {
	v.exp()
	v.expSum(true)
	v.expSum(false)
	v.subExpMul()
}

// exp emits dst = e^x.
func (v vectorEmitter) exp() {
	r := v.begin(spec{name: "exp", slices: "dst x", unroll: 1, each: exponentialRegs})
	e := newNatural(r)
	r.loop(func(v vector) {
		v.load("x", v.r[0])
		v.store(e.natural(v.r), "dst")
	})
	r.end()
}

// expSum emits the sum of 2^((x-bias)*scale) and writes the terms where asked to.
func (v vectorEmitter) expSum(writes bool) {
	s := spec{
		name: "sumExp", slices: "x", scalars: "bias scale", results: "float32",
		unroll: 1, each: exponentialRegs,
	}
	if writes {
		s.name, s.slices = "expSum", "dst x"
	}
	r := v.begin(s)
	bias, scale, sums := r.scalar("bias"), r.scalar("scale"), r.zeroed(s.unroll)
	e := newExponential(r)
	r.loop(func(v vector) {
		v.load("x", v.r[0])
		r.VSUBPS(bias, v.r[0], v.r[0])
		r.VMULPS(scale, v.r[0], v.r[0])
		p := e.ofTwo(v.r)
		if writes {
			v.store(p, "dst")
		}
		v.keep(p)
		r.VADDPS(p, sums[v.i], sums[v.i])
	})
	r.returnFolded(0, sums, r.VADDPS)
	r.end()
}

// subExpMul emits dst += y - e^x*factor.
func (v vectorEmitter) subExpMul() {
	r := v.begin(spec{name: "subExpMul", slices: "dst x y", scalars: "factor", unroll: 1, each: exponentialRegs})
	factor := r.scalar("factor")
	e := newNatural(r)
	r.loop(func(v vector) {
		v.load("x", v.r[0])
		p := e.natural(v.r)
		v.load("y", v.r[0])
		r.VFNMADD231PS(factor, p, v.r[0])
		v.load("dst", v.r[1])
		r.VADDPS(v.r[0], v.r[1], v.r[1])
		v.store(v.r[1], "dst")
	})
	r.end()
}

// exponentialRegs is how many registers a vector takes while its exponential is
// computed: the argument and scratch.
const exponentialRegs = 4

// exponential is 2^t as 2^(t-k) * 2^k with k the integer nearest to t: the first
// factor is a polynomial, the second is added to the exponent bits. A k that is
// not a number becomes the integer 1<<31, whose low bits add nothing.
type exponential struct {
	r            *routine
	least        operand.Op // argument with a normal result
	coefficients []operand.Op
	// of natural alone
	log2E, log2ERest, most, infinity operand.Op
}

// newExponential prepares powers of two.
func newExponential(r *routine) exponential {
	e := exponential{r: r, least: r.all(leastExponent)}
	return e.withCoefficients()
}

// newNatural prepares powers of e.
func newNatural(r *routine) exponential {
	e := exponential{
		r: r, log2E: r.all(log2E), log2ERest: r.all(log2ERest),
		least: r.all(expLeast), most: r.all(expMost), infinity: r.all(float32(math.Inf(1))),
	}
	return e.withCoefficients()
}

// withCoefficients takes what registers are left for the polynomial.
func (e exponential) withCoefficients() exponential {
	for _, c := range exp2Coefficients {
		e.coefficients = append(e.coefficients, e.r.all(c))
	}
	return e
}

// ofTwo emits 2^t for t in regs[0], at most 127, and returns the register of the
// result. Below 2^-126 that is zero; NaN stays NaN.
func (e exponential) ofTwo(regs []reg.VecPhysical) reg.VecPhysical {
	r, t, k, rest := e.r, regs[0], regs[1], regs[2]
	r.VCVTPS2DQ(t, k)
	r.VCVTDQ2PS(k, rest)
	r.VSUBPS(rest, t, rest)
	return e.power(regs)
}

// natural emits e^x for x of any size in regs[0] and returns the register of the
// result. Where that would be below the normal numbers it is zero, above all of
// them +Inf; NaN stays NaN. What is left of t = x*log2(e) after k is taken off is
// exact but for the last bit, since nothing is rounded before.
func (e exponential) natural(regs []reg.VecPhysical) reg.VecPhysical {
	r, x, k, rest := e.r, regs[0], regs[1], regs[2]
	r.VMULPS(e.log2E, x, rest)
	r.VCVTPS2DQ(rest, k)
	r.VCVTDQ2PS(k, rest)
	r.VFMSUB231PS(e.log2E, x, rest)
	r.VFMADD231PS(e.log2ERest, x, rest)
	p := e.power(regs)
	if r.wide() {
		r.VCMPPS(operand.U8(compareGreater), e.most, x, reg.K2)
		r.VMOVUPS(e.infinity, reg.K2, p)
	} else {
		r.VCMPPS(operand.U8(compareGreater), e.most, x, k)
		r.VBLENDVPS(k, e.infinity, p, p)
	}
	return p
}

// power emits 2^(rest+k) for the argument, the integer k, rest and a scratch
// register, which has the result. It is zero where the argument is below the
// least.
func (e exponential) power(regs []reg.VecPhysical) reg.VecPhysical {
	r, argument, k, rest, p := e.r, regs[0], regs[1], regs[2], regs[3]
	r.VMOVUPS(e.coefficients[0], p)
	for _, c := range e.coefficients[1:] {
		r.VFMADD213PS(c, rest, p)
	}
	r.VPSLLD(operand.U8(23), k, k)
	if r.wide() {
		r.VCMPPS(operand.U8(compareNotLess), e.least, argument, reg.K2)
		r.VPADDD_Z(k, p, reg.K2, p)
		return p
	}
	r.VPADDD(k, p, p)
	r.VCMPPS(operand.U8(compareNotLess), e.least, argument, k)
	r.VANDPS(k, p, p)
	return p
}
