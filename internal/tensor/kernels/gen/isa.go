package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set as the emitters need it: vectors of so many
// float32 lanes in these registers.
type isa struct {
	name  string
	lanes int
	regs  []reg.VecPhysical
}

func (s isa) vectorBytes() int { return 4 * s.lanes }

func avx2() isa {
	return isa{name: "AVX2", lanes: 8, regs: []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}}
}

func avx512() isa {
	return isa{name: "AVX512", lanes: 16, regs: []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}}
}

// row addresses row i (0, 1 or 2) of three rows that begin at base.
func row(base, stride reg.Register, i, disp int) operand.Mem {
	m := operand.Mem{Base: base, Disp: disp}
	if i > 0 {
		m.Index, m.Scale = stride, uint8(i)
	}
	return m
}
