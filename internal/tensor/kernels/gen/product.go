package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowGroup is how many rows one base register addresses: +0, +1 and +2 strides.
const rowGroup = 3

// gemmTile emits C = alpha*A*B + beta*C for tiles of rows × two vectors, each
// held in registers over the whole sum. A is read in place by its strides, B is
// a packed panel in format f, the same for all tiles; the next tile's A begins
// aNext after this one's, its C below this one's. With beta zero C is not read.
//
// A few rows would wait for the sums of the step before: they have several sums
// of an element, which take turns and are added up at the end.
func (g *generator) gemmTile(s isa, rows int, f format) {
	g.text(fmt.Sprintf("gemm%dx%d%s%s", rows, 2*s.lanes, f.name, s.name), fmt.Sprintf(
		"func(tiles, k int64, a *float32, aRow, aCol, aNext int64, b %s, c *float32, ldc int64, alpha, beta float32)", f.pointer()))
	const fewestSums = 8
	t := tile{generator: g, isa: s, format: f, rows: rows, turns: max(1, fewestSums/(2*rows))}
	tiles := g.Load(g.Param("tiles"), g.GP64())
	a := g.Load(g.Param("a"), g.GP64())
	c := g.Load(g.Param("c"), g.GP64())
	t.aRow = g.Load(g.Param("aRow"), g.GP64())
	t.aCol = g.Load(g.Param("aCol"), g.GP64())
	t.ldc = g.Load(g.Param("ldc"), g.GP64())
	g.Label("tile")
	t.setBases(a)
	t.prefetchC(c)
	for _, acc := range s.regs[:t.sums()] {
		g.zero(s, acc)
	}
	t.sum()
	t.addTurns()
	t.store(c)
	next, err := g.Param("aNext").Resolve()
	g.check(err)
	g.ADDQ(next.Addr, a)
	g.DECQ(tiles)
	g.JNZ(operand.LabelRef("tile"))
	g.VZEROUPPER()
	g.RET()
}

// sum emits the loop over the inner dimension.
func (t *tile) sum() {
	t.b = t.Load(t.Param("b"), t.GP64())
	k := t.Load(t.Param("k"), t.GP64())
	t.countedLoop("many", k, unroll, func() {
		for u := range unroll {
			t.prefetchB(u)
			t.step(u)
		}
		t.ADDQ(operand.U32(unroll*t.stepBytes()), t.b)
	})
	t.countedLoop("one", k, 1, func() {
		t.step(0)
		t.ADDQ(operand.U32(t.stepBytes()), t.b)
	})
}

// unroll is how many steps the loop of gemmTile takes at once.
const unroll = 4

// tile holds the registers of one gemmTile.
type tile struct {
	*generator
	isa
	format
	rows, turns int
	bases       []reg.GPVirtual
	aRow, aCol  reg.Register
	b           reg.Register
	ldc         reg.Register
}

// sums is how many registers hold sums, the first of them.
func (t *tile) sums() int { return 2 * t.rows * t.turns }

// stepBytes is the size of a row of the panel.
func (t *tile) stepBytes() int { return 2 * t.lanes * t.format.bytes }

func (t *tile) acc(turn, row, half int) reg.VecPhysical { return t.regs[2*(turn*t.rows+row)+half] }

// setBases makes the base registers of A's rows.
func (t *tile) setBases(a reg.Register) {
	first := t.GP64()
	t.MOVQ(a, first)
	t.bases = []reg.GPVirtual{first}
	for len(t.bases)*rowGroup < t.rows {
		next := t.GP64()
		t.LEAQ(operand.Mem{Base: t.bases[len(t.bases)-1], Index: t.aRow, Scale: 2}, next)
		t.ADDQ(t.aRow, next)
		t.bases = append(t.bases, next)
	}
}

// prefetchC asks for the lines of C while the sum is computed.
func (t *tile) prefetchC(c reg.Register) {
	at := t.GP64()
	t.MOVQ(c, at)
	for range t.rows {
		for line := 0; line < 2*t.vectorBytes(); line += lineBytes {
			t.PREFETCHT0(operand.Mem{Base: at, Disp: line})
		}
		t.ADDQ(t.ldc, at)
	}
}

// prefetchBytes is how far ahead of its use a packed panel is asked for: beyond
// the next page, where the processor's own prefetching stops.
const prefetchBytes = 4096

// prefetchB asks for the lines of B that begin in one step.
func (t *tile) prefetchB(unrolled int) {
	for at := unrolled * t.stepBytes(); at < (unrolled+1)*t.stepBytes(); at++ {
		if at%lineBytes == 0 {
			t.PREFETCHT0(operand.Mem{Base: t.b, Disp: at + prefetchBytes})
		}
	}
}

// step adds column k of A times row k of B.
func (t *tile) step(unrolled int) {
	turn := unrolled % t.turns
	b0, b1 := t.regs[t.sums()], t.regs[t.sums()+1]
	spare := t.regs[t.sums()+2:]
	t.load(t.format, operand.Mem{Base: t.b, Disp: unrolled * t.stepBytes()}, b0)
	t.load(t.format, operand.Mem{Base: t.b, Disp: unrolled*t.stepBytes() + t.stepBytes()/2}, b1)
	for r := range t.rows {
		x := spare[r%len(spare)]
		t.VBROADCASTSS(row(t.bases[r/rowGroup], t.aRow, r%rowGroup, 0), x)
		t.VFMADD231PS(b0, x, t.acc(turn, r, 0))
		t.VFMADD231PS(b1, x, t.acc(turn, r, 1))
		if r%rowGroup == rowGroup-1 || r == t.rows-1 {
			t.ADDQ(t.aCol, t.bases[r/rowGroup])
		}
	}
}

// addTurns adds the sums of an element up.
func (t *tile) addTurns() {
	for turn := 1; turn < t.turns; turn++ {
		for i := range 2 * t.rows {
			t.VADDPS(t.acc(turn, 0, i), t.acc(0, 0, i), t.acc(0, 0, i))
		}
	}
}

const oneBits = 0x3f800000

// store applies alpha and beta, writes the tile and moves c to the next one.
func (t *tile) store(c reg.Register) {
	factor := t.regs[2*t.rows]
	bits := t.GP32()
	alpha, err := t.Param("alpha").Resolve()
	t.check(err)
	beta, err := t.Param("beta").Resolve()
	t.check(err)

	t.MOVL(alpha.Addr, bits)
	t.CMPL(bits, operand.U32(oneBits))
	t.JE(operand.LabelRef("scaled"))
	t.VBROADCASTSS(alpha.Addr, factor)
	for _, acc := range t.regs[:2*t.rows] {
		t.VMULPS(factor, acc, acc)
	}
	t.Label("scaled")
	t.MOVL(beta.Addr, bits)
	t.SHLL(operand.U8(1), bits) // drops the sign: -0 is zero too
	t.JZ(operand.LabelRef("write"))
	t.VBROADCASTSS(beta.Addr, factor)
	at := t.GP64()
	t.MOVQ(c, at)
	t.eachRow(at, func(mem operand.Mem, acc reg.VecPhysical) { t.VFMADD231PS(mem, factor, acc) })
	t.Label("write")
	t.eachRow(c, func(mem operand.Mem, acc reg.VecPhysical) { t.VMOVUPS(acc, mem) })
}

func (t *tile) eachRow(at reg.Register, do func(operand.Mem, reg.VecPhysical)) {
	for r := range t.rows {
		for half := range 2 {
			do(operand.Mem{Base: at, Disp: half * t.vectorBytes()}, t.acc(0, r, half))
		}
		t.ADDQ(t.ldc, at)
	}
}

// packTranspose8 emits dst[k*dstRow+j] = src[j*ld+k] for j < 8 and k < n, n a
// positive multiple of 8: eight rows of src become eight columns of a panel.
func (g *generator) packTranspose8() {
	g.text("packTranspose8AVX2", "func(dst *float32, dstRow int64, src *float32, ld, n int64)")
	ys := avx2().regs
	dst := g.Load(g.Param("dst"), g.GP64())
	dstRow := g.Load(g.Param("dstRow"), g.GP64())
	src := g.Load(g.Param("src"), g.GP64())
	ld := g.Load(g.Param("ld"), g.GP64())
	n := g.Load(g.Param("n"), g.GP64())
	at := g.GP64()
	g.Label("loop")
	g.MOVQ(src, at)
	for i := range 8 {
		g.VMOVUPS(operand.Mem{Base: at}, ys[i])
		if i < 7 {
			g.ADDQ(ld, at)
		}
	}
	for i := range 4 {
		g.VUNPCKLPS(ys[2*i+1], ys[2*i], ys[8+2*i])
		g.VUNPCKHPS(ys[2*i+1], ys[2*i], ys[9+2*i])
	}
	for pair := range 2 {
		low, high := 8+4*pair, 10+4*pair
		g.VSHUFPS(operand.U8(0x44), ys[high], ys[low], ys[4*pair])
		g.VSHUFPS(operand.U8(0xee), ys[high], ys[low], ys[4*pair+1])
		g.VSHUFPS(operand.U8(0x44), ys[high+1], ys[low+1], ys[4*pair+2])
		g.VSHUFPS(operand.U8(0xee), ys[high+1], ys[low+1], ys[4*pair+3])
	}
	for i := range 4 {
		g.VPERM2F128(operand.U8(0x20), ys[4+i], ys[i], ys[8+i])
		g.VPERM2F128(operand.U8(0x31), ys[4+i], ys[i], ys[12+i])
	}
	for i := range 8 {
		g.VMOVUPS(ys[8+i], operand.Mem{Base: dst})
		g.ADDQ(dstRow, dst)
	}
	g.ADDQ(operand.U32(32), src)
	g.SUBQ(operand.U32(8), n)
	g.JNZ(operand.LabelRef("loop"))
	g.VZEROUPPER()
	g.RET()
}

// packRows emits the copy of n >= 1 rows of two vectors, ld apart, one after the
// other.
func (g *generator) packRows(s isa) {
	g.text(fmt.Sprintf("packRows%d%s", 2*s.lanes, s.name), "func(dst, src *float32, ld, n int64)")
	dst := g.Load(g.Param("dst"), g.GP64())
	src := g.Load(g.Param("src"), g.GP64())
	ld := g.Load(g.Param("ld"), g.GP64())
	n := g.Load(g.Param("n"), g.GP64())
	rows := func(count int) {
		for i := range count {
			low, high := s.regs[2*i], s.regs[2*i+1]
			g.VMOVUPS(operand.Mem{Base: src}, low)
			g.VMOVUPS(operand.Mem{Base: src, Disp: s.vectorBytes()}, high)
			g.ADDQ(ld, src)
			g.VMOVUPS(low, operand.Mem{Base: dst, Disp: 2 * i * s.vectorBytes()})
			g.VMOVUPS(high, operand.Mem{Base: dst, Disp: (2*i + 1) * s.vectorBytes()})
		}
		g.ADDQ(operand.U32(2*count*s.vectorBytes()), dst)
	}
	g.countedLoop("many", n, unroll, func() { rows(unroll) })
	g.countedLoop("one", n, 1, func() { rows(1) })
	g.VZEROUPPER()
	g.RET()
}
