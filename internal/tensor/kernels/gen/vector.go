package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// constants are the read-only vectors of the softmax kernels, every lane alike.
type constants struct {
	negInf, flushBelow, roundMagic operand.Mem
	exp2                           []operand.Mem // from the highest power down
	tailMask                       operand.Mem   // 8 lanes of ones, then 8 of zeros
}

// exp2Coefficients interpolate 2^r on [-1/2, 1/2] at the Chebyshev nodes, from
// r^6 down to r^0; the relative error in float32 is below 2e-8.
var exp2Coefficients = []float32{
	0.000154614449, 0.0013400428, 0.00961805694, 0.0555032715, 0.240226507, 0.693147182, 1,
}

const (
	// roundMagic added to a float32 below 2^22 in size rounds it to an integer
	// and leaves that integer in the low bits of the sum.
	roundMagic = 3 << 22
	// flushBelow is the least exponent with a normal result.
	flushBelow = -126
)

func (g *generator) constants() constants {
	c := constants{
		negInf:     g.float("negInf", float32(math.Inf(-1))),
		flushBelow: g.float("flushBelow", flushBelow),
		roundMagic: g.float("roundMagic", roundMagic),
	}
	for i, x := range exp2Coefficients {
		c.exp2 = append(c.exp2, g.float(fmt.Sprintf("exp2c%d", len(exp2Coefficients)-1-i), x))
	}
	c.tailMask = g.StaticGlobal("tailMask")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for lane := range 16 {
		bits := operand.U32(0)
		if lane < 8 {
			bits = operand.U32(math.MaxUint32)
		}
		g.AddDatum(4*lane, bits)
	}
	return c
}

// float declares a vector of 16 lanes of x by its bits: avo prints a float32 of
// value 1 as $(1), which the assembler reads as the integer.
func (g *generator) float(name string, x float32) operand.Mem {
	m := g.StaticGlobal(name)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for lane := range 16 {
		g.AddDatum(4*lane, operand.U32(math.Float32bits(x)))
	}
	return m
}

// vectorEmitter emits what AVX2 and AVX-512 spell differently.
type vectorEmitter struct {
	*generator
	isa
	constants
	mask reg.Register // a vector of ones and zeros in AVX2, an opmask in AVX-512
}

func (v *vectorEmitter) wide() bool { return v.lanes == 16 }

// setTail makes the mask of the first n lanes, 0 < n < lanes.
func (v *vectorEmitter) setTail(n reg.Register, spare reg.VecPhysical) {
	if !v.wide() {
		at := v.GP64()
		v.LEAQ(v.tailMask.Offset(4*v.lanes), at)
		left := v.GP64()
		v.MOVQ(n, left)
		v.SHLQ(operand.U8(2), left)
		v.SUBQ(left, at)
		v.VMOVUPS(operand.Mem{Base: at}, spare)
		v.mask = spare
		return
	}
	v.MOVQ(n, reg.RCX)
	bits := v.GP32()
	v.MOVL(operand.U32(1), bits)
	v.SHLL(reg.CL, bits)
	v.DECL(bits)
	v.KMOVW(bits, reg.K1)
	v.mask = reg.K1
}

// loadTail loads the masked lanes and sets the others to -Inf; minusInf holds
// that in every lane.
func (v *vectorEmitter) loadTail(mem operand.Mem, minusInf, dst reg.VecPhysical) {
	if v.wide() {
		v.VMOVUPS(minusInf, dst)
		v.VMOVUPS(mem, reg.K1, dst)
		return
	}
	v.VMASKMOVPS(mem, v.mask, dst)
	v.VBLENDVPS(v.mask, dst, minusInf, dst)
}

func (v *vectorEmitter) storeTail(src reg.VecPhysical, mem operand.Mem) {
	if v.wide() {
		v.VMOVUPS(src, reg.K1, mem)
		return
	}
	v.VMASKMOVPS(src, v.mask, mem)
}

// keepTail sets the lanes outside the mask to zero.
func (v *vectorEmitter) keepTail(x reg.VecPhysical) {
	if v.wide() {
		v.VMOVUPS_Z(x, reg.K1, x)
		return
	}
	v.VANDPS(v.mask, x, x)
}

// fold reduces x to its lowest lane by a pairwise operation; y is overwritten.
func (v *vectorEmitter) fold(x, y reg.VecPhysical, op func(a, b, dst operand.Op)) {
	if v.wide() {
		v.VEXTRACTF64X4(operand.U8(1), x, y.AsY())
		op(y.AsY(), x.AsY(), x.AsY())
	}
	v.VEXTRACTF128(operand.U8(1), x.AsY(), y.AsX())
	op(y.AsX(), x.AsX(), x.AsX())
	for _, order := range []uint8{0x4e, 0xb1} {
		v.VPSHUFD(operand.U8(order), x.AsX(), y.AsX())
		op(y.AsX(), x.AsX(), x.AsX())
	}
}

// maxOf emits the largest of n >= 1 elements; NaNs are passed over.
func (g *generator) maxOf(s isa, c constants) {
	g.text("maxOf"+s.name, "func(x *float32, n int64) float32")
	v := vectorEmitter{generator: g, isa: s, constants: c}
	x := g.Load(g.Param("x"), g.GP64())
	n := g.Load(g.Param("n"), g.GP64())
	const chains = 4
	// The second operand wins where either is NaN: the chain, not the element.
	bigger := func(element, chain reg.VecPhysical) { g.VMAXPS(chain, element, chain) }
	for _, chain := range s.regs[:chains] {
		g.VMOVUPS(c.negInf, chain)
	}
	minusInf := s.regs[15]
	g.VMOVUPS(c.negInf, minusInf)
	g.countedLoop("many", n, chains*s.lanes, func() {
		for i := range chains {
			g.VMOVUPS(operand.Mem{Base: x, Disp: i * s.vectorBytes()}, s.regs[chains+i])
			bigger(s.regs[chains+i], s.regs[i])
		}
		g.ADDQ(operand.U32(chains*s.vectorBytes()), x)
	})
	g.countedLoop("one", n, s.lanes, func() {
		g.VMOVUPS(operand.Mem{Base: x}, s.regs[chains])
		bigger(s.regs[chains], s.regs[0])
		g.ADDQ(operand.U32(s.vectorBytes()), x)
	})
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("fold"))
	v.setTail(n, s.regs[14])
	v.loadTail(operand.Mem{Base: x}, minusInf, s.regs[chains])
	bigger(s.regs[chains], s.regs[0])
	g.Label("fold")
	for i := 1; i < chains; i++ {
		g.VMAXPS(s.regs[0], s.regs[i], s.regs[0])
	}
	v.fold(s.regs[0], s.regs[1], func(a, b, dst operand.Op) { g.VMAXPS(a, b, dst) })
	g.Store(s.regs[0].AsX(), g.ReturnIndex(0))
	g.VZEROUPPER()
	g.RET()
}

// expSum emits dst = 2^((x-bias)*scale) and returns the sum, n >= 1.
func (g *generator) expSum(s isa, c constants) {
	g.text("expSum"+s.name, "func(dst, x *float32, n int64, bias, scale float32) float32")
	v := vectorEmitter{generator: g, isa: s, constants: c}
	dst := g.Load(g.Param("dst"), g.GP64())
	x := g.Load(g.Param("x"), g.GP64())
	n := g.Load(g.Param("n"), g.GP64())
	e := newExponential(&v)
	sums := s.regs[2*exponentialRegs:][:2]
	for _, sum := range sums {
		g.zero(s, sum)
	}
	vectorAt := func(i int) {
		e.load(i, operand.Mem{Base: x, Disp: i * s.vectorBytes()})
		result := e.emit(i)
		g.VMOVUPS(result, operand.Mem{Base: dst, Disp: i * s.vectorBytes()})
		g.VADDPS(result, sums[i], sums[i])
	}
	advance := func(count int) {
		g.ADDQ(operand.U32(count*s.vectorBytes()), x)
		g.ADDQ(operand.U32(count*s.vectorBytes()), dst)
	}
	g.countedLoop("many", n, 2*s.lanes, func() {
		vectorAt(0)
		vectorAt(1)
		advance(2)
	})
	g.countedLoop("one", n, s.lanes, func() {
		vectorAt(0)
		advance(1)
	})
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("fold"))
	v.setTail(n, s.regs[7])
	g.VMOVUPS(c.negInf, s.regs[6])
	v.loadTail(operand.Mem{Base: x}, s.regs[6], s.regs[0])
	result := e.emit(0)
	v.storeTail(result, operand.Mem{Base: dst})
	v.keepTail(result)
	g.VADDPS(result, sums[0], sums[0])
	g.Label("fold")
	g.VADDPS(sums[1], sums[0], sums[0])
	v.fold(sums[0], sums[1], func(a, b, dst operand.Op) { g.VADDPS(a, b, dst) })
	g.Store(sums[0].AsX(), g.ReturnIndex(0))
	g.VZEROUPPER()
	g.RET()
}

// exponentialRegs is how many registers one vector of expSum takes.
const exponentialRegs = 4

// exponential is the body of expSum. Its constants stay in registers as far as
// there are some; the others are operands in memory.
type exponential struct {
	*vectorEmitter
	bias, scale, magic reg.VecPhysical
	coefficients       []operand.Op
}

func newExponential(v *vectorEmitter) exponential {
	e := exponential{vectorEmitter: v, bias: v.regs[10], scale: v.regs[11], magic: v.regs[12]}
	bias, err := v.Param("bias").Resolve()
	v.check(err)
	scale, err := v.Param("scale").Resolve()
	v.check(err)
	v.VBROADCASTSS(bias.Addr, e.bias)
	v.VBROADCASTSS(scale.Addr, e.scale)
	v.VMOVUPS(v.roundMagic, e.magic)
	free := v.regs[13:]
	for i, c := range v.exp2 {
		if i >= len(free) {
			e.coefficients = append(e.coefficients, c)
			continue
		}
		v.VMOVUPS(c, free[i])
		e.coefficients = append(e.coefficients, free[i])
	}
	return e
}

func (e exponential) load(i int, mem operand.Mem) { e.VMOVUPS(mem, e.regs[i*exponentialRegs]) }

// emit turns the loaded vector i into 2^((x-bias)*scale) and returns its
// register: with t = (x-bias)*scale and k the nearest integer, 2^(t-k) is a
// polynomial and k is added to the exponent bits. Below 2^-126 the result is
// zero; NaN stays NaN.
func (e exponential) emit(i int) reg.VecPhysical {
	r := e.regs[i*exponentialRegs:][:exponentialRegs]
	t, k, p, keep := r[0], r[1], r[2], r[3]
	const notLess = 5 // true for NaN
	e.VSUBPS(e.bias, t, t)
	e.VMULPS(e.scale, t, t)
	if e.wide() {
		e.VCMPPS(operand.U8(notLess), e.flushBelow, t, reg.K2)
	} else {
		e.VCMPPS(operand.U8(notLess), e.flushBelow, t, keep)
	}
	e.VADDPS(e.magic, t, k)
	e.VSUBPS(e.magic, k, p)
	e.VSUBPS(p, t, t)
	e.VMOVUPS(e.coefficients[0], p)
	for _, c := range e.coefficients[1:] {
		e.VFMADD213PS(c, t, p)
	}
	e.VPSLLD(operand.U8(23), k, k)
	if e.wide() {
		e.VPADDD_Z(k, p, reg.K2, p)
	} else {
		e.VPADDD(k, p, p)
		e.VANDPS(keep, p, p)
	}
	return p
}

// scale emits dst = x*factor, n >= 1.
func (g *generator) scale(s isa, c constants) {
	g.text("scale"+s.name, "func(dst, x *float32, n int64, factor float32)")
	v := vectorEmitter{generator: g, isa: s, constants: c}
	dst := g.Load(g.Param("dst"), g.GP64())
	x := g.Load(g.Param("x"), g.GP64())
	n := g.Load(g.Param("n"), g.GP64())
	p, err := g.Param("factor").Resolve()
	g.check(err)
	factor := s.regs[0]
	g.VBROADCASTSS(p.Addr, factor)
	const unroll = 4
	scaled := func(count int) {
		for i := range count {
			g.VMULPS(operand.Mem{Base: x, Disp: i * s.vectorBytes()}, factor, s.regs[1+i])
			g.VMOVUPS(s.regs[1+i], operand.Mem{Base: dst, Disp: i * s.vectorBytes()})
		}
		g.ADDQ(operand.U32(count*s.vectorBytes()), x)
		g.ADDQ(operand.U32(count*s.vectorBytes()), dst)
	}
	g.countedLoop("many", n, unroll*s.lanes, func() { scaled(unroll) })
	g.countedLoop("one", n, s.lanes, func() { scaled(1) })
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	v.setTail(n, s.regs[7])
	g.VMOVUPS(c.negInf, s.regs[6])
	v.loadTail(operand.Mem{Base: x}, s.regs[6], s.regs[1])
	g.VMULPS(s.regs[1], factor, s.regs[1])
	v.storeTail(s.regs[1], operand.Mem{Base: dst})
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}
