package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemvs emits the inner loops of matrix-vector products.
func (g *generator) gemvs() {
	g.ConstraintExpr("amd64")
	mask := g.laneMask()
	for _, s := range []isa{avx2(), avx512()} {
		for _, f := range []format{float32s(), float16s(), bfloat16s()} {
			for _, lines := range []int{gemvLines, 1} {
				g.dot(s, f, mask, lines)
				g.add(s, f, mask, lines)
			}
		}
	}
}

// gemvLines is how many rows or columns one loop takes together.
const gemvLines = 4

// gemv is one loop over elements of several lines, rows or columns of a matrix,
// and of one vector.
type gemv struct {
	*generator
	isa
	format
	bases []reg.Register // of the lines
	at    reg.Register   // the element
	n     reg.Register   // how many are left
}

// loadLines loads the parameters a, stride and n.
func (v *gemv) loadLines(lines int) {
	a := v.Load(v.Param("a"), v.GP64())
	stride := v.Load(v.Param("stride"), v.GP64())
	v.bases = []reg.Register{a}
	for len(v.bases) < lines {
		next := v.GP64()
		v.LEAQ(operand.Mem{Base: v.bases[len(v.bases)-1], Index: stride, Scale: 1}, next)
		v.bases = append(v.bases, next)
	}
	v.n = v.Load(v.Param("n"), v.GP64())
	v.at = v.GP64()
	v.XORQ(v.at, v.at)
}

// element is the memory of vector i from here in a line.
func (v *gemv) element(line, i int) operand.Mem {
	return operand.Mem{Base: v.bases[line], Index: v.at, Scale: uint8(v.bytes), Disp: i * v.lanes * v.bytes}
}

// vector is vector i from here of float32 at base.
func (v *gemv) vector(base reg.Register, i int) operand.Mem {
	return operand.Mem{Base: base, Index: v.at, Scale: 4, Disp: i * v.vectorBytes()}
}

// lineBytes is a cache line, what one prefetch asks for.
const lineBytes = 64

// loop emits body for as many whole vectors as there are, several at a time, and
// asks for the memory of each line some way ahead.
func (v *gemv) loop(unroll, ahead int, body func(i int)) {
	v.countedLoop("many", v.n, unroll*v.lanes, func() {
		for line := range v.bases {
			for disp := 0; disp < unroll*v.lanes*v.bytes; disp += lineBytes {
				m := v.element(line, 0)
				m.Disp = ahead + disp
				v.PREFETCHT0(m)
			}
		}
		for i := range unroll {
			body(i)
		}
		v.ADDQ(operand.U32(unroll*v.lanes), v.at)
	})
	v.countedLoop("one", v.n, v.lanes, func() {
		body(0)
		v.ADDQ(operand.U32(v.lanes), v.at)
	})
}

// multiplyAdd emits acc += x * (vector i of a line); spare is overwritten.
func (v *gemv) multiplyAdd(line, i int, x, spare, acc reg.VecPhysical) {
	if v.bytes == 4 {
		v.VFMADD231PS(v.element(line, i), x, acc)
		return
	}
	v.load(v.format, v.element(line, i), spare)
	v.VFMADD231PS(spare, x, acc)
}

// dot emits y[r] = alpha*(row r of a)·x + beta*y[r] for some rows of n >= 1
// elements. With beta zero y is not read.
func (g *generator) dot(s isa, f format, mask operand.Mem, rows int) {
	g.text(fmt.Sprintf("dot%d%s%s", rows, f.name, s.name),
		fmt.Sprintf("func(alpha float32, a %s, stride int64, x *float32, n int64, beta float32, y *float32)", f.pointer()))
	v := gemv{generator: g, isa: s, format: f}
	v.loadLines(rows)
	x := g.Load(g.Param("x"), g.GP64())
	chains, unroll := dotChains(rows), dotUnroll(s, f, rows)
	accs, free := s.regs[:rows*chains], s.regs[rows*chains:]
	for _, acc := range accs {
		g.zero(s, acc)
	}
	v.loop(unroll, dotAhead, func(i int) {
		factor := free[i%2]
		g.VMOVUPS(v.vector(x, i), factor)
		for r := range rows {
			v.multiplyAdd(r, i, factor, free[2+r], accs[r*chains+i%chains])
		}
	})
	g.TESTQ(v.n, v.n)
	g.JZ(operand.LabelRef("sum"))
	e := g.newEnding(s, f, mask, v.n, free[7])
	e.load(float32s(), v.vector(x, 0), free[0])
	for r := range rows {
		e.load(f, v.element(r, 0), free[2+r])
		g.VFMADD231PS(free[2+r], free[0], accs[r*chains])
	}
	g.Label("sum")
	v.sum(rows, chains, accs)
	v.update(rows, accs[0], accs[1])
	g.VZEROUPPER()
	g.RET()
}

// sum leaves the sums of the rows in the low lanes of the first register.
func (v *gemv) sum(rows, chains int, accs []reg.VecPhysical) {
	for r := range rows {
		for c := 1; c < chains; c++ {
			v.VADDPS(accs[r*chains+c], accs[r*chains], accs[r*chains])
		}
	}
	var sums []reg.VecPhysical
	for r := range rows {
		sum := accs[r*chains]
		if v.lanes == 16 {
			v.VEXTRACTF64X4(operand.U8(1), sum, accs[1].AsY())
			v.VADDPS(accs[1].AsY(), sum.AsY(), sum.AsY())
		}
		sums = append(sums, sum)
	}
	// Two levels add the pairs of four rows, in each half of a register.
	for len(sums) < gemvLines {
		sums = append(sums, sums[0])
	}
	v.VHADDPS(sums[1].AsY(), sums[0].AsY(), accs[1].AsY())
	v.VHADDPS(sums[3].AsY(), sums[2].AsY(), accs[0].AsY())
	v.VHADDPS(accs[0].AsY(), accs[1].AsY(), accs[0].AsY())
	v.VEXTRACTF128(operand.U8(1), accs[0].AsY(), accs[1].AsX())
	v.VADDPS(accs[1].AsX(), accs[0].AsX(), accs[0].AsX())
}

// update applies alpha and beta to the sums and stores them in y.
func (v *gemv) update(rows int, sums, spare reg.VecPhysical) {
	y := v.Load(v.Param("y"), v.GP64())
	alpha, err := v.Param("alpha").Resolve()
	v.check(err)
	beta, err := v.Param("beta").Resolve()
	v.check(err)
	v.VBROADCASTSS(alpha.Addr, spare.AsX())
	v.VMULPS(spare.AsX(), sums.AsX(), sums.AsX())
	bits := v.GP32()
	v.MOVL(beta.Addr, bits)
	v.SHLL(operand.U8(1), bits) // drops the sign: -0 is zero too
	v.JZ(operand.LabelRef("store"))
	v.VBROADCASTSS(beta.Addr, spare.AsX())
	if rows == 1 {
		v.VFMADD231SS(operand.Mem{Base: y}, spare.AsX(), sums.AsX())
	} else {
		v.VFMADD231PS(operand.Mem{Base: y}, spare.AsX(), sums.AsX())
	}
	v.Label("store")
	if rows == 1 {
		v.VMOVSS(sums.AsX(), operand.Mem{Base: y})
		return
	}
	v.VMOVUPS(sums.AsX(), operand.Mem{Base: y})
}

// dotAhead and addAhead are how many bytes ahead a line is asked for.
const (
	dotAhead = 512
	addAhead = 512
)

// dotChains is how many sums a row has, so that one addition does not wait for
// the one before.
func dotChains(rows int) int {
	if rows == 1 {
		return 8
	}
	return 2
}

// dotUnroll is how many vectors of a row one round takes: whole cache lines.
func dotUnroll(s isa, f format, rows int) int {
	return max(dotChains(rows), lineBytes/(s.lanes*f.bytes))
}

// add emits y += alpha*x[j]*(column j of a) for some columns of n >= 1 elements,
// one column after the other.
func (g *generator) add(s isa, f format, mask operand.Mem, cols int) {
	g.text(fmt.Sprintf("add%d%s%s", cols, f.name, s.name),
		fmt.Sprintf("func(alpha float32, a %s, stride int64, x, y *float32, n int64)", f.pointer()))
	v := gemv{generator: g, isa: s, format: f}
	v.loadLines(cols)
	x := g.Load(g.Param("x"), g.GP64())
	y := g.Load(g.Param("y"), g.GP64())
	alpha, err := g.Param("alpha").Resolve()
	g.check(err)
	factors, free := s.regs[:cols], s.regs[cols:]
	g.VBROADCASTSS(alpha.Addr, free[0])
	for j, factor := range factors {
		g.VBROADCASTSS(operand.Mem{Base: x, Disp: 4 * j}, factor)
		g.VMULPS(free[0], factor, factor)
	}
	v.loop(addUnroll(s, f), addAhead, func(i int) {
		acc, spare := free[2*(i%4)], free[2*(i%4)+1]
		g.VMOVUPS(v.vector(y, i), acc)
		for j, factor := range factors {
			v.multiplyAdd(j, i, factor, spare, acc)
		}
		g.VMOVUPS(acc, v.vector(y, i))
	})
	g.TESTQ(v.n, v.n)
	g.JZ(operand.LabelRef("done"))
	e := g.newEnding(s, f, mask, v.n, free[2])
	e.load(float32s(), v.vector(y, 0), free[0])
	for j, factor := range factors {
		e.load(f, v.element(j, 0), free[1])
		g.VFMADD231PS(free[1], factor, free[0])
	}
	e.storeFloats(free[0], v.vector(y, 0))
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// addUnroll is how many vectors of a column one round takes: whole cache lines.
func addUnroll(s isa, f format) int { return max(2, lineBytes/(s.lanes*f.bytes)) }

// peakRead emits the sum of n float32 at x, n a multiple of readStep and at least
// that: the loop by which the bandwidth of reading is measured.
func (g *generator) peakRead(s isa) {
	g.text("peakRead"+s.name, "func(x *float32, n int64) float32")
	v := gemv{generator: g, isa: s, format: float32s()}
	x := g.Load(g.Param("x"), g.GP64())
	n := g.Load(g.Param("n"), g.GP64())
	sums := s.regs[:readStep/s.lanes]
	for _, sum := range sums {
		g.zero(s, sum)
	}
	g.Label("loop")
	for disp := 0; disp < 4*readStep; disp += lineBytes {
		g.PREFETCHT0(operand.Mem{Base: x, Disp: readAhead + disp})
	}
	for i, sum := range sums {
		g.VADDPS(operand.Mem{Base: x, Disp: i * s.vectorBytes()}, sum, sum)
	}
	g.ADDQ(operand.U32(4*readStep), x)
	g.SUBQ(operand.U32(readStep), n)
	g.JG(operand.LabelRef("loop"))
	v.sum(1, len(sums), sums)
	g.Store(sums[0].AsX(), g.ReturnIndex(0))
	g.VZEROUPPER()
	g.RET()
}

const (
	// readStep is how many float32 one round of peakRead takes.
	readStep = 64
	// readAhead is how many bytes ahead it asks for.
	readAhead = 512
)
