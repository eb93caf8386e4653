package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// reductions emits what makes one number of slices. Several chains hide the
// latency of an addition and keep its errors small.
func (v vectorEmitter) reductions() {
	v.maxOf()
	v.firstEqual()
	v.sum()
	v.sumMul()
	v.squares()
}

// maxOf emits the largest element; NaNs are passed over.
func (v vectorEmitter) maxOf() {
	r := v.begin(spec{name: "maxOf", slices: "x", results: "float32", unroll: 4, each: 1})
	minusInf := float32(math.Inf(-1))
	var chains []reg.VecPhysical
	for range r.unroll {
		chains = append(chains, r.register(minusInf))
	}
	fill := r.register(minusInf)
	r.loop(func(v vector) {
		v.loadOr("x", fill, v.r[0])
		// The first operand here wins where either is NaN: the chain.
		r.VMAXPS(chains[v.i], v.r[0], chains[v.i])
	})
	r.returnFolded(0, chains, r.VMAXPS)
	r.end()
}

// firstEqual emits the index of the first element equal to value, or -1.
func (v vectorEmitter) firstEqual() {
	r := v.begin(spec{name: "firstEqual", slices: "x", scalars: "value", results: "int", unroll: 1, each: 2})
	value := r.scalar("value")
	lanes, index := r.GP32(), r.GP64()
	r.loop(func(v vector) {
		v.load("x", v.r[0])
		if r.wide() {
			r.VCMPPS(operand.U8(compareEqual), value, v.r[0], reg.K2)
			if v.tail {
				r.KANDW(reg.K1, reg.K2, reg.K2)
			}
			r.KMOVW(reg.K2, lanes)
		} else {
			r.VCMPPS(operand.U8(compareEqual), value, v.r[0], v.r[1])
			v.keep(v.r[1])
			r.VMOVMSKPS(v.r[1], lanes)
		}
		r.TESTL(lanes, lanes)
		r.JNZ(operand.LabelRef("found"))
	})
	r.MOVQ(operand.I32(-1), index)
	r.Store(index, r.ReturnIndex(0))
	r.end()
	r.Label("found")
	r.BSFL(lanes, lanes)
	r.MOVL(lanes, index.As32())
	r.SHRQ(operand.U8(2), r.at)
	r.ADDQ(r.at, index)
	r.Store(index, r.ReturnIndex(0))
	r.end()
}

// sum emits the sum of x.
func (v vectorEmitter) sum() {
	r := v.begin(spec{name: "sum", slices: "x", results: "float32", unroll: 4, each: 1})
	sums := r.zeroed(r.unroll)
	r.loop(func(v vector) {
		v.load("x", v.r[0])
		r.VADDPS(v.r[0], sums[v.i], sums[v.i])
	})
	r.returnFolded(0, sums, r.VADDPS)
	r.end()
}

// sumMul emits the sum of x*y.
func (v vectorEmitter) sumMul() {
	r := v.begin(spec{name: "sumMul", slices: "x y", results: "float32", unroll: 4, each: 2})
	sums := r.zeroed(r.unroll)
	r.loop(func(v vector) {
		v.load("x", v.r[0])
		v.load("y", v.r[1])
		r.VFMADD231PS(v.r[0], v.r[1], sums[v.i])
	})
	r.returnFolded(0, sums, r.VADDPS)
	r.end()
}

// squares emits the sum of (x-shift)^2.
func (v vectorEmitter) squares() {
	r := v.begin(spec{name: "squares", slices: "x", scalars: "shift", results: "float32", unroll: 4, each: 1})
	shift := r.scalar("shift")
	sums := r.zeroed(r.unroll)
	r.loop(func(v vector) {
		v.load("x", v.r[0])
		r.VSUBPS(shift, v.r[0], v.r[0])
		v.keep(v.r[0])
		r.VFMADD231PS(v.r[0], v.r[0], sums[v.i])
	})
	r.returnFolded(0, sums, r.VADDPS)
	r.end()
}

// elementwise emits arithmetic on elements.
func (v vectorEmitter) elementwise() {
	v.scale()
	v.shift()
	v.scaleAdd()
	v.mulShifted(false)
	v.mulShifted(true)
	v.rotate()
}

// scale emits dst = x*factor.
func (v vectorEmitter) scale() {
	r := v.begin(spec{name: "scale", slices: "dst x", scalars: "factor", unroll: 4, each: 1})
	factor := r.scalar("factor")
	r.loop(func(v vector) {
		v.load("x", v.r[0])
		r.VMULPS(factor, v.r[0], v.r[0])
		v.store(v.r[0], "dst")
	})
	r.end()
}

// shift emits dst = (x-bias)-offset.
func (v vectorEmitter) shift() {
	r := v.begin(spec{name: "shift", slices: "dst x", scalars: "bias offset", unroll: 4, each: 1})
	bias, offset := r.scalar("bias"), r.scalar("offset")
	r.loop(func(v vector) {
		v.load("x", v.r[0])
		r.VSUBPS(bias, v.r[0], v.r[0])
		r.VSUBPS(offset, v.r[0], v.r[0])
		v.store(v.r[0], "dst")
	})
	r.end()
}

// scaleAdd emits dst = x*factor + y.
func (v vectorEmitter) scaleAdd() {
	r := v.begin(spec{name: "scaleAdd", slices: "dst x y", scalars: "factor", unroll: 4, each: 2})
	factor := r.scalar("factor")
	r.loop(func(v vector) {
		v.load("x", v.r[0])
		v.load("y", v.r[1])
		r.VFMADD231PS(factor, v.r[0], v.r[1])
		v.store(v.r[1], "dst")
	})
	r.end()
}

// mulShifted emits dst = (x-shift)*factor*y or, where it adds, dst += that.
func (v vectorEmitter) mulShifted(adds bool) {
	s := spec{name: "mulShifted", slices: "dst x y", scalars: "shift factor", unroll: 4, each: 2}
	if adds {
		s.name, s.unroll, s.each = "addMulShifted", 4, 3
	}
	r := v.begin(s)
	shift, factor := r.scalar("shift"), r.scalar("factor")
	r.loop(func(v vector) {
		x, y := v.r[0], v.r[1]
		v.load("x", x)
		v.load("y", y)
		r.VSUBPS(shift, x, x)
		r.VMULPS(factor, x, x)
		if !adds {
			r.VMULPS(y, x, x)
			v.store(x, "dst")
			return
		}
		v.load("dst", v.r[2])
		r.VFMADD231PS(y, x, v.r[2])
		v.store(v.r[2], "dst")
	})
	r.end()
}

// rotate emits the rotation of each pair (x1, x2) by the angle with that cosine
// and sine.
func (v vectorEmitter) rotate() {
	r := v.begin(spec{name: "rotate", slices: "x1 x2 cos sin", unroll: 2, each: 6})
	r.loop(func(v vector) {
		x1, x2, cos, sin, y1, y2 := v.r[0], v.r[1], v.r[2], v.r[3], v.r[4], v.r[5]
		v.load("x1", x1)
		v.load("x2", x2)
		v.load("cos", cos)
		v.load("sin", sin)
		r.VMULPS(x1, cos, y1)
		r.VMULPS(x2, cos, y2)
		r.VFNMADD231PS(x2, sin, y1)
		r.VFMADD231PS(x1, sin, y2)
		v.store(y1, "x1")
		v.store(y2, "x2")
	})
	r.end()
}
