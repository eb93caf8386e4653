package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemvLines is how many lines, rows or columns, one loop reads at once: the more,
// the less often the vector beside them is loaded, and the more reads are under
// way. Beyond a dozen the processor's own prefetching loses track.
const gemvLines = 12

// gemvs emits the inner loops of matrix-vector products. AVX-512 expands halves
// no faster than AVX2 does, whose dot products of halves serve both.
func (g *generator) gemvs() {
	g.ConstraintExpr("amd64")
	mask := g.laneMask()
	for _, lines := range []int{gemvLines, 1} {
		for _, f := range []format{float32s(), float16s(), bfloat16s()} {
			g.dot(avx2(), f, mask, lines)
			g.add(avx2(), f, mask, lines)
			g.add(avx512(), f, mask, lines)
		}
		g.dot(avx512(), float32s(), mask, lines)
	}
}

// gemv is one loop over the elements of several lines of a matrix and of a vector
// of float32.
type gemv struct {
	*generator
	isa
	format
	lines  int
	bases  []reg.Register // of each group of lines
	stride reg.Register   // of the lines, in bytes
	ahead  []reg.Register // from a line of a group to what is read next
	n      reg.Register   // how many elements are left
	vector reg.Register
}

// newGemv loads the parameters a, stride, ahead and n, and the named vector.
func (g *generator) newGemv(s isa, f format, lines int, vector string) *gemv {
	v := &gemv{generator: g, isa: s, format: f, lines: lines}
	v.bases = []reg.Register{g.Load(g.Param("a"), g.GP64())}
	v.stride = g.Load(g.Param("stride"), g.GP64())
	v.ahead = []reg.Register{g.Load(g.Param("ahead"), g.GP64())}
	v.n = g.Load(g.Param("n"), g.GP64())
	v.vector = g.Load(g.Param(vector), g.GP64())
	v.findLines()
	return v
}

// findLines makes the bases of the groups of lines after the first.
func (v *gemv) findLines() {
	for len(v.bases)*rowGroup < v.lines {
		next := v.GP64()
		v.LEAQ(operand.Mem{Base: v.bases[len(v.bases)-1], Index: v.stride, Scale: 2}, next)
		v.ADDQ(v.stride, next)
		v.bases = append(v.bases, next)
	}
	for len(v.ahead) < min(v.lines, rowGroup) {
		next := v.GP64()
		v.LEAQ(operand.Mem{Base: v.ahead[len(v.ahead)-1], Index: v.stride, Scale: 1}, next)
		v.ahead = append(v.ahead, next)
	}
}

// element is the memory of vector i from here in a line.
func (v *gemv) element(line, i int) operand.Mem {
	return row(v.bases[line/rowGroup], v.stride, line%rowGroup, i*v.lanes*v.bytes)
}

// beside is vector i from here of the vector.
func (v *gemv) beside(i int) operand.Mem {
	return operand.Mem{Base: v.vector, Disp: i * v.vectorBytes()}
}

// lineBytes is a cache line, what one prefetch asks for.
const lineBytes = 64

// prefetch asks for what is read after this call as far away in each line, into
// the second-level cache: it would not stay in the first for so long.
func (v *gemv) prefetch(bytes int) {
	for line := range v.lines {
		for disp := 0; disp < bytes; disp += lineBytes {
			v.PREFETCHT1(operand.Mem{
				Base: v.bases[line/rowGroup], Index: v.ahead[line%rowGroup], Scale: 1, Disp: disp,
			})
		}
	}
}

// loop emits body for as many whole vectors as there are: for unroll of them at
// a time, then for one.
func (v *gemv) loop(unroll int, body func(count int)) {
	v.countedLoop("many", v.n, unroll*v.lanes, func() {
		v.prefetch(unroll * v.lanes * v.bytes)
		body(unroll)
		v.advance(unroll)
	})
	v.countedLoop("one", v.n, v.lanes, func() {
		body(1)
		v.advance(1)
	})
}

func (v *gemv) advance(count int) {
	for _, base := range v.bases {
		v.ADDQ(operand.U32(count*v.lanes*v.bytes), base)
	}
	v.ADDQ(operand.U32(count*v.vectorBytes()), v.vector)
}

// unroll is how many vectors of a line one round takes: a cache line, or several
// vectors of a line that is alone.
func (v *gemv) unroll(alone int) int {
	if v.lines == 1 {
		return alone
	}
	return max(1, lineBytes/(v.lanes*v.bytes))
}

// pool hands out registers in turn.
type pool struct {
	regs []reg.VecPhysical
	next int
}

func (p *pool) take() reg.VecPhysical {
	p.next++
	return p.regs[(p.next-1)%len(p.regs)]
}

// multiplyAdd emits acc += x * (vector i of a line).
func (v *gemv) multiplyAdd(line, i int, x operand.Op, spare *pool, acc reg.VecPhysical) {
	if v.bytes == 4 {
		v.VFMADD231PS(v.element(line, i), x, acc)
		return
	}
	expanded := spare.take()
	v.load(v.format, v.element(line, i), expanded)
	v.VFMADD231PS(x, expanded, acc)
}

// dot emits y[r] = alpha*(row r of a)·x + beta*y[r] for some rows of n >= 1
// elements. With beta zero y is not read.
func (g *generator) dot(s isa, f format, mask operand.Mem, rows int) {
	g.text(fmt.Sprintf("dot%d%s%s", rows, f.name, s.name),
		fmt.Sprintf("func(alpha float32, a %s, stride, ahead int64, x *float32, n int64, beta float32, y *float32)", f.pointer()))
	d := dot{gemv: g.newGemv(s, f, rows, "x"), chains: 1}
	if rows == 1 {
		d.chains = 8 // an addition must not wait for the one before
	}
	d.sums, d.free = s.regs[:rows*d.chains], s.regs[rows*d.chains:]
	for _, sum := range d.sums {
		g.zero(s, sum)
	}
	d.loop(d.unroll(d.chains), d.multiply)
	g.TESTQ(d.n, d.n)
	g.JZ(operand.LabelRef("sum"))
	e := g.newEnding(s, f, mask, d.n, d.free[2])
	e.load(float32s(), d.beside(0), d.free[0])
	for r := range rows {
		e.load(f, d.element(r, 0), d.free[1])
		g.VFMADD231PS(d.free[1], d.free[0], d.sums[r*d.chains])
	}
	g.Label("sum")
	d.store()
	g.VZEROUPPER()
	g.RET()
}

// dot holds the registers of one dot product of several rows.
type dot struct {
	*gemv
	chains     int // sums a row
	sums, free []reg.VecPhysical
}

// multiply takes count vectors of each row, a row after the other: its cache line
// is done with before another can push it out. The vectors of x stay in registers
// if there are as many.
func (d *dot) multiply(count int) {
	spare := &pool{regs: d.free}
	x := make([]operand.Op, count)
	for i := range x {
		x[i] = d.beside(i)
	}
	if d.bytes == 4 || count < len(d.free) {
		for i := range x {
			d.VMOVUPS(x[i], d.free[i])
			x[i] = d.free[i]
		}
		spare.regs = d.free[count:]
	}
	for r := range d.lines {
		for i := range x {
			d.multiplyAdd(r, i, x[i], spare, d.sums[r*d.chains+i%d.chains])
		}
	}
}

// dotGroup is how many sums of rows are folded and stored at once.
const dotGroup = 4

// store folds the sums, applies alpha and beta and writes y.
func (d *dot) store() {
	y := d.Load(d.Param("y"), d.GP64())
	alpha, err := d.Param("alpha").Resolve()
	d.check(err)
	beta, err := d.Param("beta").Resolve()
	d.check(err)
	var folded []reg.Register
	for r := 0; r < d.lines; r += dotGroup {
		folded = append(folded, d.fold(r))
	}
	factor := d.free[0].AsX()
	d.VBROADCASTSS(alpha.Addr, factor)
	for _, sum := range folded {
		d.VMULPS(factor, sum, sum)
	}
	bits := d.GP32()
	d.MOVL(beta.Addr, bits)
	d.SHLL(operand.U8(1), bits) // drops the sign: -0 is zero too
	d.JZ(operand.LabelRef("write"))
	d.VBROADCASTSS(beta.Addr, factor)
	if d.lines == 1 {
		d.VFMADD231SS(operand.Mem{Base: y}, factor, folded[0])
	}
	for i, sum := range folded[:d.lines/dotGroup] {
		d.VFMADD231PS(operand.Mem{Base: y, Disp: 16 * i}, factor, sum)
	}
	d.Label("write")
	if d.lines == 1 {
		d.VMOVSS(folded[0], operand.Mem{Base: y})
	}
	for i, sum := range folded[:d.lines/dotGroup] {
		d.VMOVUPS(sum, operand.Mem{Base: y, Disp: 16 * i})
	}
}

// fold reduces the sums of dotGroup rows from r on, or of the only one, to the
// lanes of one register.
func (d *dot) fold(r int) reg.Register {
	low, high := d.free[0], d.free[1]
	sums := make([]reg.VecPhysical, dotGroup)
	for i := range sums {
		sums[i] = d.sums[min(r+i, d.lines-1)*d.chains]
	}
	for i, sum := range sums[:min(dotGroup, d.lines)] {
		for c := 1; c < d.chains; c++ {
			d.VADDPS(d.sums[(r+i)*d.chains+c], sum, sum)
		}
		if d.lanes == 16 {
			d.VEXTRACTF64X4(operand.U8(1), sum, low.AsY())
			d.VADDPS(low.AsY(), sum.AsY(), sum.AsY())
		}
	}
	// Two levels add the pairs of four rows, in each half of a register.
	d.VHADDPS(sums[1].AsY(), sums[0].AsY(), low.AsY())
	d.VHADDPS(sums[3].AsY(), sums[2].AsY(), high.AsY())
	d.VHADDPS(high.AsY(), low.AsY(), low.AsY())
	d.VEXTRACTF128(operand.U8(1), low.AsY(), high.AsX())
	d.VADDPS(high.AsX(), low.AsX(), sums[0].AsX())
	return sums[0].AsX()
}

// add emits y += alpha*x[j]*(column j of a) for some columns of n >= 1 elements,
// one column after the other.
func (g *generator) add(s isa, f format, mask operand.Mem, cols int) {
	g.text(fmt.Sprintf("add%d%s%s", cols, f.name, s.name),
		fmt.Sprintf("func(alpha float32, a %s, stride, ahead int64, x, y *float32, n int64)", f.pointer()))
	v := g.newGemv(s, f, cols, "y")
	x := g.Load(g.Param("x"), g.GP64())
	alpha, err := g.Param("alpha").Resolve()
	g.check(err)
	factors, free := s.regs[:cols], s.regs[cols:]
	g.VBROADCASTSS(alpha.Addr, free[0])
	for j, factor := range factors {
		g.VBROADCASTSS(operand.Mem{Base: x, Disp: 4 * j}, factor)
		g.VMULPS(free[0], factor, factor)
	}
	const alone = 4
	v.loop(v.unroll(alone), func(count int) {
		some := min(count, len(free)/2) // half of the registers are for what is expanded
		for first := 0; first < count; first += some {
			v.addVectors(first, factors, free[:some], &pool{regs: free[some:]})
		}
	})
	g.TESTQ(v.n, v.n)
	g.JZ(operand.LabelRef("done"))
	e := g.newEnding(s, f, mask, v.n, free[2])
	e.load(float32s(), v.beside(0), free[0])
	for j, factor := range factors {
		e.load(f, v.element(j, 0), free[1])
		g.VFMADD231PS(free[1], factor, free[0])
	}
	e.storeFloats(free[0], v.beside(0))
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// addVectors adds as many vectors of each column as there are registers for y,
// from the given one on.
func (v *gemv) addVectors(first int, factors, y []reg.VecPhysical, spare *pool) {
	for i, acc := range y {
		v.VMOVUPS(v.beside(first+i), acc)
	}
	for j, factor := range factors {
		for i, acc := range y {
			v.multiplyAdd(j, first+i, factor, spare, acc)
		}
	}
	for i, acc := range y {
		v.VMOVUPS(acc, v.beside(first+i))
	}
}

const (
	// readLines and readLineBytes are the shape in which peakRead reads memory.
	readLines     = 8
	readLineBytes = 16 << 10
)

// peakRead emits the sum of n float32 at x: the loop by which the bandwidth of
// reading is measured. It reads blocks of readLines*readLineBytes, several lines
// of them at once, and asks for the next block meanwhile; what is left after the
// last whole block is not read. No other way to read that was tried is faster
// beyond noise.
func (g *generator) peakRead(s isa) {
	const block = readLines * readLineBytes
	g.text("peakRead"+s.name, "func(x *float32, n int64) float32")
	v := &gemv{generator: g, isa: s, format: float32s(), lines: readLines}
	v.bases = []reg.Register{g.Load(g.Param("x"), g.GP64())}
	blocks := g.Load(g.Param("n"), g.GP64())
	v.stride, v.ahead = g.GP64(), []reg.Register{g.GP64()}
	g.MOVQ(operand.U32(readLineBytes), v.stride)
	g.MOVQ(operand.U32(block), v.ahead[0])
	v.findLines()
	sums := s.regs[:readLines]
	for _, sum := range sums {
		g.zero(s, sum)
	}
	left := g.GP64()
	g.countedLoop("block", blocks, block/4, func() {
		g.MOVQ(operand.U32(readLineBytes/lineBytes), left)
		g.Label("line")
		v.prefetch(lineBytes)
		for line, sum := range sums {
			for i := range lineBytes / s.vectorBytes() {
				g.VADDPS(v.element(line, i), sum, sum)
			}
		}
		for _, base := range v.bases {
			g.ADDQ(operand.U32(lineBytes), base)
		}
		g.DECQ(left)
		g.JNZ(operand.LabelRef("line"))
		for _, base := range v.bases {
			g.ADDQ(operand.U32(block-readLineBytes), base)
		}
	})
	d := dot{gemv: v, chains: 1, sums: sums, free: s.regs[readLines:]}
	total := d.fold(0)
	g.VADDPS(d.fold(dotGroup), total, total)
	g.VHADDPS(total, total, total)
	g.VHADDPS(total, total, total)
	g.Store(total, g.ReturnIndex(0))
	g.VZEROUPPER()
	g.RET()
}
