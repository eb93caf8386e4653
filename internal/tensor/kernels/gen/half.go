package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// format is how elements are stored, one of package kernels' Format. They are
// expanded to float32 when they are loaded.
type format struct {
	name  string
	bytes int
}

// scaled says that the sums of each column are multiplied by a scale.
func (f format) scaled() bool { return f == int8s() || f == scaledFloat32s() }

func float32s() format  { return format{"Float32", 4} }
func float16s() format  { return format{"Float16", 2} }
func bfloat16s() format { return format{"BFloat16", 2} }
func int8s() format     { return format{"Int8", 1} }

// scaledFloat32s are integers that were expanded before.
func scaledFloat32s() format { return format{"ScaledFloat32", 4} }

// pointer is the Go type of an address of such elements.
func (f format) pointer() string {
	switch f.bytes {
	case 1:
		return "*int8"
	case 2:
		return "*uint16"
	}
	return "*float32"
}

// load emits the load of a vector of elements as float32, without their scales.
func (g *generator) load(f format, mem operand.Op, dst reg.VecPhysical) {
	switch f {
	case float16s():
		g.VCVTPH2PS(mem, dst)
	case bfloat16s():
		g.VPMOVZXWD(mem, dst)
		g.VPSLLD(operand.U8(16), dst, dst)
	case int8s():
		g.VPMOVSXBD(mem, dst)
		g.VCVTDQ2PS(dst, dst)
	default:
		g.VMOVUPS(mem, dst)
	}
}

// halves emits the conversions between float32 and the formats of two bytes.
func (g *generator) halves() {
	g.ConstraintExpr("amd64")
	mask := g.laneMask()
	c := roundConstants{
		half:  g.float("roundHalf", math.Float32frombits(0x7fff)),
		quiet: g.float("quietBit", math.Float32frombits(0x40)),
	}
	for _, s := range []isa{avx2(), avx512()} {
		for _, f := range []format{float16s(), bfloat16s()} {
			g.expand(s, f, mask)
			g.round(s, f, mask, c)
		}
	}
}

// laneMask declares 8 lanes of ones and then 8 of zeros, out of which ending
// takes its mask.
func (g *generator) laneMask() operand.Mem {
	m := g.StaticGlobal("laneMask")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for lane := range 16 {
		bits := operand.U32(0)
		if lane < 8 {
			bits = operand.U32(math.MaxUint32)
		}
		g.AddDatum(4*lane, bits)
	}
	return m
}

// ending emits what handles the last n elements, fewer than a vector, without
// touching memory beyond them. AVX-512 masks loads and stores of any element
// size. AVX2 masks four bytes or more, so elements of two bytes go through
// scratch memory on the stack one by one.
type ending struct {
	*generator
	isa
	n       reg.Register
	mask    reg.VecPhysical // of AVX2; AVX-512 uses K1
	scratch operand.Mem
	loops   int
}

// newEnding makes the mask of n lanes; spare is a register of AVX2 that holds it.
func (g *generator) newEnding(s isa, f format, laneMask operand.Mem, n reg.Register, spare reg.VecPhysical) *ending {
	e := &ending{generator: g, isa: s, n: n, mask: spare}
	if s.lanes == 16 {
		g.MOVQ(n, reg.RCX)
		bits := g.GP32()
		g.MOVL(operand.U32(1), bits)
		g.SHLL(reg.CL, bits)
		g.DECL(bits)
		g.KMOVW(bits, reg.K1)
		return e
	}
	at := g.GP64()
	g.LEAQ(laneMask.Offset(4*s.lanes), at)
	left := g.GP64()
	g.MOVQ(n, left)
	g.SHLQ(operand.U8(2), left)
	g.SUBQ(left, at)
	g.VMOVUPS(operand.Mem{Base: at}, spare)
	if f.bytes == 2 {
		e.scratch = g.AllocLocal(2 * s.lanes)
	}
	return e
}

// load loads n elements as float32; the other lanes are zero.
func (e *ending) load(f format, mem operand.Mem, dst reg.VecPhysical) {
	if e.lanes == 16 {
		switch f {
		case float16s():
			e.VCVTPH2PS_Z(mem, reg.K1, dst)
		case bfloat16s():
			e.VPMOVZXWD_Z(mem, reg.K1, dst)
			e.VPSLLD(operand.U8(16), dst, dst)
		default:
			e.VMOVUPS_Z(mem, reg.K1, dst)
		}
		return
	}
	if f.bytes == 4 {
		e.VMASKMOVPS(mem, e.mask, dst)
		return
	}
	e.VXORPS(dst.AsX(), dst.AsX(), dst.AsX())
	e.VMOVUPS(dst.AsX(), e.scratch)
	e.copyHalves(mem, e.scratch)
	e.generator.load(f, e.scratch, dst)
}

// copyHalves copies n elements of two bytes one by one.
func (e *ending) copyHalves(from, to operand.Mem) {
	label := fmt.Sprintf("halves%d", e.loops)
	e.loops++
	source, left, element := e.GP64(), e.GP64(), e.GP32()
	e.LEAQ(from, source)
	e.MOVQ(e.n, left)
	e.Label(label)
	e.MOVWLZX(before(operand.Mem{Base: source}, left), element)
	e.MOVW(element.As16(), before(to, left))
	e.DECQ(left)
	e.JNZ(operand.LabelRef(label))
}

// before is element i-1 of two bytes at m, which has no index yet.
func before(m operand.Mem, i reg.Register) operand.Mem { return m.Offset(-2).Idx(i, 2) }

// storeFloats stores n lanes.
func (e *ending) storeFloats(src reg.VecPhysical, mem operand.Mem) {
	if e.lanes == 16 {
		e.VMOVUPS(src, reg.K1, mem)
		return
	}
	e.VMASKMOVPS(src, e.mask, mem)
}

// expand emits dst = src for n >= 1 elements of f.
func (g *generator) expand(s isa, f format, mask operand.Mem) {
	g.text("expand"+f.name+s.name, "func(dst *float32, src *uint16, n int64)")
	dst := g.Load(g.Param("dst"), g.GP64())
	src := g.Load(g.Param("src"), g.GP64())
	n := g.Load(g.Param("n"), g.GP64())
	vectors := func(count int) {
		for i := range count {
			g.load(f, operand.Mem{Base: src, Disp: i * s.lanes * f.bytes}, s.regs[i])
			g.VMOVUPS(s.regs[i], operand.Mem{Base: dst, Disp: i * s.vectorBytes()})
		}
		g.ADDQ(operand.U32(count*s.lanes*f.bytes), src)
		g.ADDQ(operand.U32(count*s.vectorBytes()), dst)
	}
	const unroll = 4
	g.countedLoop("many", n, unroll*s.lanes, func() { vectors(unroll) })
	g.countedLoop("one", n, s.lanes, func() { vectors(1) })
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	e := g.newEnding(s, f, mask, n, s.regs[1])
	e.load(f, operand.Mem{Base: src}, s.regs[0])
	e.storeFloats(s.regs[0], operand.Mem{Base: dst})
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// roundConstants are what rounding to bfloat16 adds: almost half of its last
// bit, and the bit that makes a NaN quiet.
type roundConstants struct{ half, quiet operand.Mem }

// round emits dst = src rounded to f, to nearest even, for n >= 1 elements.
func (g *generator) round(s isa, f format, mask operand.Mem, c roundConstants) {
	g.text("round"+f.name+s.name, "func(dst *uint16, src *float32, n int64)")
	dst := g.Load(g.Param("dst"), g.GP64())
	src := g.Load(g.Param("src"), g.GP64())
	n := g.Load(g.Param("n"), g.GP64())
	r := rounder{generator: g, isa: s, format: f, half: s.regs[13], quiet: s.regs[14]}
	if f == bfloat16s() {
		g.VMOVUPS(c.half, r.half)
		g.VMOVUPS(c.quiet, r.quiet)
	}
	vectors := func(count int) {
		for i := range count {
			x := s.regs[3*i]
			g.VMOVUPS(operand.Mem{Base: src, Disp: i * s.vectorBytes()}, x)
			r.store(x, s.regs[3*i+1], s.regs[3*i+2], operand.Mem{Base: dst, Disp: i * s.lanes * f.bytes})
		}
		g.ADDQ(operand.U32(count*s.lanes*f.bytes), dst)
		g.ADDQ(operand.U32(count*s.vectorBytes()), src)
	}
	const unroll = 4
	g.countedLoop("many", n, unroll*s.lanes, func() { vectors(unroll) })
	g.countedLoop("one", n, s.lanes, func() { vectors(1) })
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	e := g.newEnding(s, f, mask, n, s.regs[12])
	e.load(float32s(), operand.Mem{Base: src}, s.regs[0])
	if s.lanes == 16 {
		r.storeMasked(s.regs[0], s.regs[1], s.regs[2], operand.Mem{Base: dst})
	} else {
		r.store(s.regs[0], s.regs[1], s.regs[2], e.scratch)
		e.copyHalves(e.scratch, operand.Mem{Base: dst})
	}
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// rounder emits the rounding of one vector.
type rounder struct {
	*generator
	isa
	format
	half, quiet reg.VecPhysical
}

// toNearestEven is the rounding of VCVTPS2PH, whatever the processor is set to.
const toNearestEven = 0

// store rounds x, which is overwritten with the two spare registers, and stores it.
func (r rounder) store(x, y, z reg.VecPhysical, mem operand.Mem) {
	switch {
	case r.format == float16s():
		r.VCVTPS2PH(operand.U8(toNearestEven), x, mem)
	case r.lanes == 16:
		r.carry(x, y, z)
		r.VPMOVDW(y, mem)
	default:
		r.carry(x, y, z)
		r.VPACKUSDW(y, y, y)
		r.VPERMQ(operand.U8(0x08), y, y) // lanes 0 and 2 of eight bytes hold the elements
		r.VMOVUPS(y.AsX(), mem)
	}
}

// storeMasked is store of the lanes in K1, with AVX-512.
func (r rounder) storeMasked(x, y, z reg.VecPhysical, mem operand.Mem) {
	if r.format == float16s() {
		r.VCVTPS2PH(operand.U8(toNearestEven), x, reg.K1, mem)
		return
	}
	r.carry(x, y, z)
	r.VPMOVDW(y, reg.K1, mem)
}

// carry leaves the upper half of each float32 of x, rounded, in the lower half of
// y: 0x7fff is added, and the last bit that is kept, so that a tie goes to even.
func (r rounder) carry(x, y, z reg.VecPhysical) {
	const unordered = 3
	r.VPSLLD(operand.U8(15), x, y)
	r.VPSRLD(operand.U8(31), y, y)
	r.VPADDD(r.half, y, y)
	r.VPADDD(x, y, y)
	r.VPSRLD(operand.U8(16), y, y)
	if r.lanes == 16 {
		r.VCMPPS(operand.U8(unordered), x, x, reg.K2)
		r.VPSRLD(operand.U8(16), x, x)
		r.VPORD(r.quiet, x, reg.K2, y)
		return
	}
	r.VCMPPS(operand.U8(unordered), x, x, z)
	r.VPSRLD(operand.U8(16), x, x)
	r.VPOR(r.quiet, x, x)
	r.VBLENDVPS(z, x, y, y)
}
