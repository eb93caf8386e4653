package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An activation is x*sigmoid(z) with z a function of x. From -bound down the
// sigmoid is 0 and from bound up it is 1, so that x may be held between them and
// infinity does not meet zero.
const (
	siluBound = 100
	geluBound = 12

	// z of GELU is x*(geluLinear + geluCubic*x^2): 2*sqrt(2/pi)*(x + 0.044715*x^3).
	geluLinear = 1.5957691216057308
	geluCubic  = geluLinear * 0.044715
)

// activations emits the activations and their gradients.
func (v vectorEmitter) activations() {
	v.activation("gelu", geluBound, geluArgument)
	v.activation("silu", siluBound, siluArgument)
	v.swiglu()
	v.activationGrad("geluGrad", geluBound, geluArgument, geluSlope)
	v.activationGrad("siluGrad", siluBound, siluArgument, siluSlope)
	v.swigluGrad()
}

// function prepares constants and returns what emits a function of x into dst.
type function func(r *routine) func(x, dst reg.VecPhysical)

// geluArgument and siluArgument are -z.
func geluArgument(r *routine) func(x, dst reg.VecPhysical) { return r.cubic(-geluLinear, -geluCubic) }

func siluArgument(r *routine) func(x, dst reg.VecPhysical) {
	minusOne := r.all(-1)
	return func(x, dst reg.VecPhysical) { r.VMULPS(minusOne, x, dst) }
}

// geluSlope and siluSlope are x*z', z' the derivative of z.
func geluSlope(r *routine) func(x, dst reg.VecPhysical) { return r.cubic(geluLinear, 3*geluCubic) }

func siluSlope(r *routine) func(x, dst reg.VecPhysical) {
	return func(x, dst reg.VecPhysical) { r.VMOVUPS(x, dst) }
}

// cubic is x*(linear + cubed*x^2).
func (r *routine) cubic(linear, cubed float32) func(x, dst reg.VecPhysical) {
	b, a := r.register(cubed), r.all(linear)
	return func(x, dst reg.VecPhysical) {
		r.VMULPS(x, x, dst)
		r.VFMADD213PS(a, b, dst)
		r.VMULPS(x, dst, dst)
	}
}

// activationRegs is how many registers a vector takes while an activation is
// computed: those of the exponential and one for x.
const activationRegs = exponentialRegs + 1

// sigmoid is what the activations are made of.
type sigmoid struct {
	r        *routine
	exp      exponential
	one      reg.VecPhysical
	from, to operand.Op // the bounds of x
	minusZ   func(x, dst reg.VecPhysical)
}

func newSigmoid(r *routine, bound float32, argument function) sigmoid {
	s := sigmoid{r: r, one: r.register(1), minusZ: argument(r)}
	s.exp = newNatural(r)
	s.from, s.to = r.all(-bound), r.all(bound)
	return s
}

// hold raises x to the lower bound. The first operand of a maximum or minimum
// here wins where either is NaN: x.
func (s sigmoid) hold(x, scratch reg.VecPhysical) {
	s.r.VMOVUPS(s.from, scratch)
	s.r.VMAXPS(x, scratch, x)
}

// holdAbove lowers x to the upper bound.
func (s sigmoid) holdAbove(x, scratch reg.VecPhysical) {
	s.r.VMOVUPS(s.to, scratch)
	s.r.VMINPS(x, scratch, x)
}

// denominator emits 1 + e^-z for x and returns its register, one of scratch.
func (s sigmoid) denominator(x reg.VecPhysical, scratch []reg.VecPhysical) reg.VecPhysical {
	s.minusZ(x, scratch[0])
	d := s.exp.natural(scratch)
	s.r.VADDPS(s.one, d, d)
	return d
}

// derivative emits that of x*sigmoid(z), p*(1 + slope*(1-p)) with p = sigmoid(z);
// the result is in dst.
func (s sigmoid) derivative(p, slope, dst reg.VecPhysical) {
	s.r.VSUBPS(p, s.one, dst)
	s.r.VFMADD213PS(s.one, slope, dst)
	s.r.VMULPS(p, dst, dst)
}

// activation emits dst = x*sigmoid(z).
func (v vectorEmitter) activation(name string, bound float32, argument function) {
	r := v.begin(spec{name: name, slices: "dst x", unroll: 1, each: activationRegs})
	s := newSigmoid(r, bound, argument)
	r.loop(func(v vector) {
		x, scratch := v.r[exponentialRegs], v.r[:exponentialRegs]
		v.load("x", x)
		s.hold(x, scratch[0])
		r.VDIVPS(s.denominator(x, scratch), x, x)
		v.store(x, "dst")
	})
	r.end()
}

// swiglu emits dst = silu(gate)*up.
func (v vectorEmitter) swiglu() {
	r := v.begin(spec{name: "swiglu", slices: "dst gate up", unroll: 1, each: activationRegs})
	s := newSigmoid(r, siluBound, siluArgument)
	r.loop(func(v vector) {
		x, scratch := v.r[exponentialRegs], v.r[:exponentialRegs]
		v.load("gate", x)
		s.hold(x, scratch[0])
		r.VDIVPS(s.denominator(x, scratch), x, x)
		v.load("up", scratch[0])
		r.VMULPS(scratch[0], x, x)
		v.store(x, "dst")
	})
	r.end()
}

// activationGrad emits dx += dy * derivative of x*sigmoid(z).
func (v vectorEmitter) activationGrad(name string, bound float32, argument, slope function) {
	r := v.begin(spec{name: name, slices: "dx x dy", unroll: 1, each: activationRegs})
	slopeOf := slope(r)
	s := newSigmoid(r, bound, argument)
	r.loop(func(v vector) {
		x, scratch := v.r[exponentialRegs], v.r[:exponentialRegs]
		v.load("x", x)
		s.hold(x, scratch[0])
		s.holdAbove(x, scratch[0])
		p := s.denominator(x, scratch)
		r.VDIVPS(p, s.one, p)
		slopeOf(x, scratch[0])
		s.derivative(p, scratch[0], scratch[1])
		v.load("dy", scratch[0])
		v.load("dx", scratch[2])
		r.VFMADD231PS(scratch[0], scratch[1], scratch[2])
		v.store(scratch[2], "dx")
	})
	r.end()
}

// swigluGrad emits dup += dy*silu(gate) and dgate += dy*up*silu'(gate).
func (v vectorEmitter) swigluGrad() {
	r := v.begin(spec{name: "swigluGrad", slices: "dgate dup gate up dy", unroll: 1, each: activationRegs + 1})
	s := newSigmoid(r, siluBound, siluArgument)
	r.loop(func(v vector) {
		x, dy, scratch := v.r[exponentialRegs], v.r[exponentialRegs+1], v.r[:exponentialRegs]
		v.load("gate", x)
		s.hold(x, scratch[0])
		p := s.denominator(x, scratch)
		r.VDIVPS(p, s.one, p)
		v.load("dy", dy)
		r.VMULPS(p, x, scratch[0])
		v.load("dup", scratch[1])
		r.VFMADD231PS(scratch[0], dy, scratch[1])
		v.store(scratch[1], "dup")
		s.holdAbove(x, scratch[0])
		s.derivative(p, x, scratch[0])
		v.load("up", scratch[1])
		r.VMULPS(scratch[1], dy, dy)
		v.load("dgate", scratch[1])
		r.VFMADD231PS(scratch[0], dy, scratch[1])
		v.store(scratch[1], "dgate")
	})
	r.end()
}
