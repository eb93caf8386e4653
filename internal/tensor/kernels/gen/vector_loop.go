package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// spec says what a routine over slices of one length looks like and how its loop
// is made. Names are separated by spaces.
type spec struct {
	name    string
	slices  string
	scalars string // float32 all
	results string // Go types
	unroll  int    // vectors in a round of the loop
	each    int    // registers of each vector
}

func (s spec) signature() string {
	list := func(names, typ string) string {
		return strings.Join(strings.Fields(names), ", ") + " " + typ
	}
	params := list(s.slices, "[]float32")
	if s.scalars != "" {
		params += ", " + list(s.scalars, "float32")
	}
	return fmt.Sprintf("func(%s) (%s)", params, strings.Join(strings.Fields(s.results), ", "))
}

// routine is a function over slices while it is emitted. A new one is its spec,
// what it keeps in registers, and what is to be done with a vector:
//
//	r := v.begin(spec{name: "scale", slices: "dst x", scalars: "factor", unroll: 4, each: 1})
//	factor := r.scalar("factor")
//	r.loop(func(v vector) {
//		v.load("x", v.r[0])
//		r.VMULPS(factor, v.r[0], v.r[0])
//		v.store(v.r[0], "dst")
//	})
//	r.end()
//
// The loop sees every element once: whole vectors first, several a round, then
// what is left as one vector with a mask.
type routine struct {
	*generator
	isa
	spec
	constants *constants
	free      []reg.VecPhysical // not given away yet
	mask      reg.Register      // of the last lanes: a vector in AVX2, an opmask in AVX-512
	bases     map[string]reg.Register
	at        reg.Register // bytes from the beginning of each slice
	left      reg.Register // elements not seen yet
}

// begin emits the head of a routine.
func (v vectorEmitter) begin(s spec) *routine {
	r := &routine{
		generator: v.constants.g, isa: v.isa, spec: s, constants: v.constants,
		free: v.regs[s.unroll*s.each:], mask: reg.K1, bases: map[string]reg.Register{},
	}
	r.text(s.name+v.name, s.signature())
	if !r.wide() {
		r.mask = r.take()
	}
	for i, name := range strings.Fields(s.slices) {
		r.bases[name] = r.Load(r.Param(name).Base(), r.GP64())
		if i == 0 {
			r.left = r.Load(r.Param(name).Len(), r.GP64())
		}
	}
	r.at = r.GP64()
	r.XORQ(r.at, r.at)
	return r
}

func (r *routine) wide() bool { return r.lanes == 16 }

// take gives away a register, from the last on.
func (r *routine) take() reg.VecPhysical {
	last := len(r.free) - 1
	if last < 0 {
		r.check(fmt.Errorf("%s for %s needs more registers than there are", r.spec.name, r.isa.name))
		return r.regs[0]
	}
	taken := r.free[last]
	r.free = r.free[:last]
	return taken
}

// scalar is a register with the parameter in every lane.
func (r *routine) scalar(name string) reg.VecPhysical {
	p, err := r.Param(name).Resolve()
	r.check(err)
	register := r.take()
	if err == nil {
		r.VBROADCASTSS(p.Addr, register)
	}
	return register
}

// zeroed are n registers of zeros, for sums.
func (r *routine) zeroed(n int) []reg.VecPhysical {
	sums := make([]reg.VecPhysical, n)
	for i := range sums {
		sums[i] = r.take()
		r.zero(r.isa, sums[i])
	}
	return sums
}

// all is an operand with x in every lane: a register while there are some, else
// memory.
func (r *routine) all(x float32) operand.Op {
	m := r.constants.all(x)
	if len(r.free) == 0 {
		return m
	}
	register := r.take()
	r.VMOVUPS(m, register)
	return register
}

// register is all in a register in any case.
func (r *routine) register(x float32) reg.VecPhysical {
	register := r.take()
	r.VMOVUPS(r.constants.all(x), register)
	return register
}

// vector is one of the vectors of a round while the loop's body is emitted for
// it.
type vector struct {
	of   *routine
	i    int // in the round
	tail bool
	r    []reg.VecPhysical
}

// loop emits body for every vector of the slices.
func (r *routine) loop(body func(vector)) {
	vectorAt := func(i int, tail bool) {
		body(vector{of: r, i: i, tail: tail, r: r.regs[i*r.each:][:r.each]})
	}
	round := func(vectors int) func() {
		return func() {
			for i := range vectors {
				vectorAt(i, false)
			}
			r.ADDQ(operand.U32(vectors*r.vectorBytes()), r.at)
		}
	}
	if r.unroll > 1 {
		r.countedLoop("many", r.left, r.unroll*r.lanes, round(r.unroll))
	}
	r.countedLoop("one", r.left, r.lanes, round(1))
	r.TESTQ(r.left, r.left)
	r.JZ(operand.LabelRef("seen"))
	r.makeMask()
	vectorAt(0, true)
	r.Label("seen")
}

// makeMask makes the mask of as many lanes as there are elements left.
func (r *routine) makeMask() {
	if r.wide() {
		r.MOVQ(r.left, reg.RCX)
		bits := r.GP32()
		r.MOVL(operand.U32(1), bits)
		r.SHLL(reg.CL, bits)
		r.DECL(bits)
		r.KMOVW(bits, r.mask)
		return
	}
	from, bytes := r.GP64(), r.GP64()
	r.LEAQ(r.constants.laneMask.Offset(4*r.lanes), from)
	r.MOVQ(r.left, bytes)
	r.SHLQ(operand.U8(2), bytes)
	r.SUBQ(bytes, from)
	r.VMOVUPS(operand.Mem{Base: from}, r.mask)
}

// end emits the return.
func (r *routine) end() {
	r.VZEROUPPER()
	r.RET()
}

// returnFolded reduces the registers to one number by a pairwise operation and
// makes it the result of that index. The registers of the loop are overwritten:
// the low ones, since what folds knows no others.
func (r *routine) returnFolded(index int, chains []reg.VecPhysical, op func(ops ...operand.Op)) {
	first := chains[0]
	for _, chain := range chains[1:] {
		op(chain, first, first)
	}
	result := r.regs[0]
	r.VMOVUPS(first, result)
	r.fold(result, r.regs[1], func(a, b, dst operand.Op) { op(a, b, dst) })
	p, err := r.ReturnIndex(index).Resolve()
	r.check(err)
	if err == nil {
		r.VMOVSS(result.AsX(), p.Addr)
	}
}

// fold reduces x to its lowest lane by a pairwise operation; y is overwritten.
func (r *routine) fold(x, y reg.VecPhysical, op func(a, b, dst operand.Op)) {
	if r.wide() {
		r.VEXTRACTF64X4(operand.U8(1), x, y.AsY())
		op(y.AsY(), x.AsY(), x.AsY())
	}
	r.VEXTRACTF128(operand.U8(1), x.AsY(), y.AsX())
	op(y.AsX(), x.AsX(), x.AsX())
	for _, order := range []uint8{0x4e, 0xb1} {
		r.VPSHUFD(operand.U8(order), x.AsX(), y.AsX())
		op(y.AsX(), x.AsX(), x.AsX())
	}
}

func (v vector) mem(slice string) operand.Mem {
	return operand.Mem{Base: v.of.bases[slice], Index: v.of.at, Scale: 1, Disp: v.i * v.of.vectorBytes()}
}

// load loads the vector of a slice. Lanes beyond the end are zero.
func (v vector) load(slice string, dst reg.VecPhysical) {
	switch {
	case !v.tail:
		v.of.VMOVUPS(v.mem(slice), dst)
	case v.of.wide():
		v.of.VMOVUPS_Z(v.mem(slice), v.of.mask, dst)
	default:
		v.of.VMASKMOVPS(v.mem(slice), v.of.mask, dst)
	}
}

// loadOr is load with the lanes of other beyond the end.
func (v vector) loadOr(slice string, other, dst reg.VecPhysical) {
	switch {
	case !v.tail:
		v.of.VMOVUPS(v.mem(slice), dst)
	case v.of.wide():
		v.of.VMOVUPS(other, dst)
		v.of.VMOVUPS(v.mem(slice), v.of.mask, dst)
	default:
		v.of.VMASKMOVPS(v.mem(slice), v.of.mask, dst)
		v.of.VBLENDVPS(v.of.mask, dst, other, dst)
	}
}

// store stores to the vector of a slice, not beyond its end.
func (v vector) store(src reg.VecPhysical, slice string) {
	switch {
	case !v.tail:
		v.of.VMOVUPS(src, v.mem(slice))
	case v.of.wide():
		v.of.VMOVUPS(src, v.of.mask, v.mem(slice))
	default:
		v.of.VMASKMOVPS(src, v.of.mask, v.mem(slice))
	}
}

// keep clears the lanes beyond the end.
func (v vector) keep(x reg.VecPhysical) {
	switch {
	case !v.tail:
	case v.of.wide():
		v.of.VMOVUPS_Z(x, v.of.mask, x)
	default:
		v.of.VANDPS(v.of.mask, x, x)
	}
}
