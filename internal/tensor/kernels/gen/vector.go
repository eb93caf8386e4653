package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vectors emits what operations on slices use.
func (g *generator) vectors() {
	g.ConstraintExpr("amd64")
	c := constants{generator: g, declared: map[uint32]operand.Mem{}, laneMask: g.laneMask()}
	for _, s := range []isa{avx2(), avx512()} {
		v := vectorEmitter{generator: g, isa: s, constants: c}
		v.reductions()
		v.elementwise()
		v.exponentials()
		v.norms()
		v.activations()
	}
}

// constants are read-only vectors, declared when they are first asked for.
type constants struct {
	*generator
	declared map[uint32]operand.Mem // by the bits of the value
	laneMask operand.Mem
}

// all is a vector with every lane x.
func (c constants) all(x float32) operand.Mem {
	bits := math.Float32bits(x)
	m, ok := c.declared[bits]
	if !ok {
		m = c.float(fmt.Sprintf("all%08x", bits), x)
		c.declared[bits] = m
	}
	return m
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
	constants constants
}

func (v vectorEmitter) wide() bool { return v.lanes == 16 }

// fold reduces x to its lowest lane by a pairwise operation; y is overwritten.
func (v vectorEmitter) fold(x, y reg.VecPhysical, op func(a, b, dst operand.Op)) {
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
