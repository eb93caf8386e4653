package main

// norms emits what layer norm and RMS norm need besides sums.
func (v vectorEmitter) norms() {
	v.normalize()
	v.normSums()
	v.normGrad()
}

// normalize emits dst = (x-mean)*rstd*gain + bias.
func (v vectorEmitter) normalize() {
	r := v.begin(spec{name: "normalize", slices: "dst x gain bias", scalars: "mean rstd", unroll: 4, each: 3})
	mean, rstd := r.scalar("mean"), r.scalar("rstd")
	r.loop(func(v vector) {
		x, gain, bias := v.r[0], v.r[1], v.r[2]
		v.load("x", x)
		v.load("gain", gain)
		v.load("bias", bias)
		r.VSUBPS(mean, x, x)
		r.VMULPS(rstd, x, x)
		r.VFMADD231PS(gain, x, bias)
		v.store(bias, "dst")
	})
	r.end()
}

// normSums emits the sums of gain*dy and of gain*dy*(x-mean).
func (v vectorEmitter) normSums() {
	r := v.begin(spec{
		name: "normSums", slices: "x gain dy", scalars: "mean", results: "float32 float32", unroll: 2, each: 3,
	})
	mean, gradients, projections := r.scalar("mean"), r.zeroed(r.unroll), r.zeroed(r.unroll)
	r.loop(func(v vector) {
		x, gain, dy := v.r[0], v.r[1], v.r[2]
		v.load("x", x)
		v.load("gain", gain)
		v.load("dy", dy)
		r.VSUBPS(mean, x, x)
		r.VMULPS(gain, dy, dy) // zero beyond the end
		r.VADDPS(dy, gradients[v.i], gradients[v.i])
		r.VFMADD231PS(dy, x, projections[v.i])
	})
	r.returnFolded(0, gradients, r.VADDPS)
	r.returnFolded(1, projections, r.VADDPS)
	r.end()
}

// normGrad emits dx += gain*dy*rstd + ((x-mean)*slope + offset).
func (v vectorEmitter) normGrad() {
	r := v.begin(spec{
		name: "normGrad", slices: "dx x gain dy", scalars: "mean rstd slope offset", unroll: 2, each: 4,
	})
	mean, rstd, slope, offset := r.scalar("mean"), r.scalar("rstd"), r.scalar("slope"), r.scalar("offset")
	r.loop(func(v vector) {
		x, gain, dy, dx := v.r[0], v.r[1], v.r[2], v.r[3]
		v.load("x", x)
		v.load("gain", gain)
		v.load("dy", dy)
		v.load("dx", dx)
		r.VSUBPS(mean, x, x)
		r.VFMADD213PS(offset, slope, x)
		r.VMULPS(gain, dy, dy)
		r.VFMADD231PS(rstd, dy, x)
		r.VADDPS(x, dx, dx)
		v.store(dx, "dx")
	})
	r.end()
}
