package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowGroup is how many rows one base register addresses: +0, +1 and +2 strides.
const rowGroup = 3

// gemmTile emits C = alpha*A*B*scales + beta*C for tiles of rows × panels of two
// vectors, each held in registers over the whole sum. A is read in place by its
// strides, B is packed panels in format f, bNext apart, the same for all tiles;
// the next tile's A begins aNext after this one's, its C below this one's. With
// beta zero C is not read. There are scales, one for each column, where the format
// has such. An element is summed up in the order of the inner dimension by every
// routine.
//
// Few rows wait for memory, which several panels at once read faster than one.
func (g *generator) gemmTile(s isa, rows, panels int, f format) {
	g.text(fmt.Sprintf("gemm%dx%d%s%s", rows, 2*s.lanes*panels, f.name, s.name), tileSignature(f, ""))
	g.tileBody(tile{generator: g, isa: s, format: f, rows: rows, panels: panels})
}

// expandingTile emits gemmTile for one panel, which also writes the panel to
// expanded in float32, without scales, for the tiles that come after: it expands
// while it multiplies and waits for memory, which takes next to no time.
func (g *generator) expandingTile(s isa, rows int, f format) {
	g.text(fmt.Sprintf("gemmExpand%dx%d%s%s", rows, 2*s.lanes, f.name, s.name), tileSignature(f, ", expanded *float32"))
	g.tileBody(tile{generator: g, isa: s, format: f, rows: rows, panels: 1, expands: true})
}

// tileSignature is that of gemmTile. Scales are those of the columns of b, the
// panels one after the other.
func tileSignature(f format, more string) string {
	if f.scaled() {
		more = ", scales *float32" + more
	}
	return fmt.Sprintf("func(tiles, k int64, a *float32, aRow, aCol, aNext int64, b %s, bNext int64, "+
		"c *float32, ldc int64, alpha, beta float32%s)", f.pointer(), more)
}

func (g *generator) tileBody(t tile) {
	tiles := g.Load(g.Param("tiles"), g.GP64())
	a := g.Load(g.Param("a"), g.GP64())
	c := g.Load(g.Param("c"), g.GP64())
	t.aRow = g.Load(g.Param("aRow"), g.GP64())
	t.aCol = g.Load(g.Param("aCol"), g.GP64())
	t.ldc = g.Load(g.Param("ldc"), g.GP64())
	if t.scaled() {
		t.scales = g.Load(g.Param("scales"), g.GP64())
	}
	g.Label("tile")
	t.setBases(a)
	t.prefetchC(c)
	for _, acc := range t.regs[:t.sums()] {
		g.zero(t.isa, acc)
	}
	t.sum()
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
	b := t.Load(t.Param("b"), t.GP64())
	t.b = []reg.Register{b}
	for len(t.b) < t.panels {
		next, err := t.Param("bNext").Resolve()
		t.check(err)
		panel := t.GP64()
		t.MOVQ(t.b[len(t.b)-1], panel)
		t.ADDQ(next.Addr, panel)
		t.b = append(t.b, panel)
	}
	k := t.Load(t.Param("k"), t.GP64())
	if t.expands {
		t.expanded = t.Load(t.Param("expanded"), t.GP64())
	}
	t.countedLoop("many", k, unroll, func() {
		for u := range unroll {
			t.prefetchB(u)
			t.step(u)
		}
		t.advanceB(unroll)
	})
	t.countedLoop("one", k, 1, func() {
		t.step(0)
		t.advanceB(1)
	})
}

func (t *tile) advanceB(steps int) {
	for _, b := range t.b {
		t.ADDQ(operand.U32(steps*t.stepBytes()), b)
	}
	if t.expands {
		t.ADDQ(operand.U32(steps*2*t.vectorBytes()), t.expanded)
	}
}

// unroll is how many steps the loop of gemmTile takes at once.
const unroll = 4

// tile holds the registers of one gemmTile.
type tile struct {
	*generator
	isa
	format
	rows, panels int
	bases        []reg.GPVirtual
	aRow, aCol   reg.Register
	b            []reg.Register // of each panel
	ldc          reg.Register
	scales       reg.Register // of the first panel's columns
	expands      bool         // the panel is written to expanded
	expanded     reg.Register
}

// sums is how many registers hold sums, the first of them.
func (t *tile) sums() int { return t.vectors() * t.rows }

// vectors is how many make up a row of the tile.
func (t *tile) vectors() int { return 2 * t.panels }

// stepBytes is the size of a row of a panel.
func (t *tile) stepBytes() int { return 2 * t.lanes * t.format.bytes }

func (t *tile) acc(row, vector int) reg.VecPhysical { return t.regs[row*t.vectors()+vector] }

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
		for line := 0; line < t.vectors()*t.vectorBytes(); line += lineBytes {
			t.PREFETCHT0(operand.Mem{Base: at, Disp: line})
		}
		t.ADDQ(t.ldc, at)
	}
}

// prefetchBytes is how far ahead of its use a panel is asked for. One panel is
// asked for beyond the next page, where the processor's own prefetching stops;
// of several together not more than the processor waits for at once.
func (t *tile) prefetchBytes() int {
	if t.panels == 1 {
		return 4096
	}
	return 128
}

// prefetchB asks for the lines of B that begin in one step.
func (t *tile) prefetchB(unrolled int) {
	for _, b := range t.b {
		for at := unrolled * t.stepBytes(); at < (unrolled+1)*t.stepBytes(); at++ {
			if at%lineBytes == 0 {
				t.PREFETCHT0(operand.Mem{Base: b, Disp: at + t.prefetchBytes()})
			}
		}
	}
}

// step adds column k of A times row k of B. The elements of A stay in registers
// for several panels.
func (t *tile) step(unrolled int) {
	b0, b1 := t.regs[t.sums()], t.regs[t.sums()+1]
	spare := t.regs[t.sums()+2:]
	for panel, b := range t.b {
		for v, dst := range []reg.VecPhysical{b0, b1} {
			t.load(t.format, operand.Mem{Base: b, Disp: unrolled*t.stepBytes() + v*t.stepBytes()/2}, dst)
			if t.expands {
				t.VMOVUPS(dst, operand.Mem{Base: t.expanded, Disp: (2*unrolled + v) * t.vectorBytes()})
			}
		}
		for r := range t.rows {
			x := spare[r%len(spare)]
			if panel == 0 {
				t.broadcastA(r, x)
			}
			t.VFMADD231PS(b0, x, t.acc(r, 2*panel))
			t.VFMADD231PS(b1, x, t.acc(r, 2*panel+1))
		}
	}
}

// broadcastA loads an element of A, and moves on when it is the last one of its
// base register.
func (t *tile) broadcastA(r int, to reg.VecPhysical) {
	base := t.bases[r/rowGroup]
	t.VBROADCASTSS(row(base, t.aRow, r%rowGroup, 0), to)
	if r%rowGroup == rowGroup-1 || r == t.rows-1 {
		t.ADDQ(t.aCol, base)
	}
}

const oneBits = 0x3f800000

// store applies alpha and beta, writes the tile and moves c to the next one.
func (t *tile) store(c reg.Register) {
	factor := t.regs[t.sums()]
	bits := t.GP32()
	alpha, err := t.Param("alpha").Resolve()
	t.check(err)
	beta, err := t.Param("beta").Resolve()
	t.check(err)

	t.MOVL(alpha.Addr, bits)
	t.CMPL(bits, operand.U32(oneBits))
	t.JE(operand.LabelRef("scaled"))
	t.VBROADCASTSS(alpha.Addr, factor)
	for _, acc := range t.regs[:t.sums()] {
		t.VMULPS(factor, acc, acc)
	}
	t.Label("scaled")
	if t.scaled() {
		t.scaleColumns()
	}
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

// scaleColumns multiplies the sums of each column by its scale.
func (t *tile) scaleColumns() {
	scale := t.regs[t.sums()]
	for v := range t.vectors() {
		t.VMOVUPS(operand.Mem{Base: t.scales, Disp: v * t.vectorBytes()}, scale)
		for r := range t.rows {
			t.VMULPS(scale, t.acc(r, v), t.acc(r, v))
		}
	}
}

func (t *tile) eachRow(at reg.Register, do func(operand.Mem, reg.VecPhysical)) {
	for r := range t.rows {
		for v := range t.vectors() {
			do(operand.Mem{Base: at, Disp: v * t.vectorBytes()}, t.acc(r, v))
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
