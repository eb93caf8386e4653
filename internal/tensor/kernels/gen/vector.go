package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
)

// vectors emits what operations on slices use.
func (g *generator) vectors() {
	g.ConstraintExpr("amd64")
	c := &constants{g: g, declared: map[uint32]operand.Mem{}, laneMask: g.laneMask()}
	for _, s := range []isa{avx2(), avx512()} {
		v := vectorEmitter{isa: s, constants: c}
		v.reductions()
		v.elementwise()
		v.exponentials()
		v.norms()
		v.activations()
	}
}

// constants are read-only vectors, declared when they are first asked for.
type constants struct {
	g        *generator
	declared map[uint32]operand.Mem // by the bits of the value
	laneMask operand.Mem
}

// all is a vector with every lane x.
func (c *constants) all(x float32) operand.Mem {
	bits := math.Float32bits(x)
	m, ok := c.declared[bits]
	if !ok {
		m = c.g.float(fmt.Sprintf("all%08x", bits), x)
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

// vectorEmitter emits the routines for one instruction set.
type vectorEmitter struct {
	isa
	constants *constants
}
