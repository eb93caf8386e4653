package kernels

import "math"

func maxOfPortable(x []float32) float32 {
	largest := float32(math.Inf(-1))
	for _, e := range x {
		if e > largest {
			largest = e
		}
	}
	return largest
}

func firstEqualPortable(x []float32, value float32) int {
	for i, e := range x {
		if e == value {
			return i
		}
	}
	return -1
}

// Sums of products run in four chains, so that one addition does not wait for
// the other; those beside which an exponential is computed run in float64.

func sumPortable(x []float32) float32 {
	var a, b, c, d float32
	for ; len(x) >= 4; x = x[4:] {
		a, b, c, d = a+x[0], b+x[1], c+x[2], d+x[3]
	}
	for _, e := range x {
		a += e
	}
	return (a + b) + (c + d)
}

func sumMulPortable(x, y []float32) float32 {
	var a, b, c, d float32
	y = y[:len(x)]
	for ; len(x) >= 4 && len(y) >= 4; x, y = x[4:], y[4:] {
		a, b, c, d = a+x[0]*y[0], b+x[1]*y[1], c+x[2]*y[2], d+x[3]*y[3]
	}
	for i, e := range x {
		a += e * y[i]
	}
	return (a + b) + (c + d)
}

func squaresPortable(x []float32, shift float32) float32 {
	var a, b, c, d float32
	for ; len(x) >= 4; x = x[4:] {
		p, q, r, s := x[0]-shift, x[1]-shift, x[2]-shift, x[3]-shift
		a, b, c, d = a+p*p, b+q*q, c+r*r, d+s*s
	}
	for _, e := range x {
		a += (e - shift) * (e - shift)
	}
	return (a + b) + (c + d)
}

func expPortable(dst, x []float32) {
	dst = dst[:len(x)]
	for i, e := range x {
		dst[i] = exp32(e)
	}
}

// expSumPortable is the algorithm of the vector kernels, see exponential in
// gen: 2^t by a polynomial in the fraction and the integer in the exponent bits.
func expSumPortable(dst, x []float32, bias, scale float32) float32 {
	dst = dst[:len(x)]
	var sum float64
	for i, e := range x {
		p := exp2Portable((e - bias) * scale)
		dst[i] = p
		sum += float64(p)
	}
	return float32(sum)
}

func sumExpPortable(x []float32, bias, scale float32) float32 {
	var sum float64
	for _, e := range x {
		sum += float64(exp2Portable((e - bias) * scale))
	}
	return float32(sum)
}

// exp32 is e^x for x of any size: zero where the result would be below the
// normal numbers, +Inf where it would be above all.
func exp32(x float32) float32 {
	const (
		overflow  = 88.72284  // above 128*ln 2
		underflow = -87.33654 // -126*ln 2
	)
	switch {
	case x >= overflow:
		return float32(math.Inf(1))
	case x < underflow:
		return 0
	case x != x:
		return x
	}
	t := float64(x) * math.Log2E
	k := math.Floor(t + 0.5)
	return polynomial2(float32(t-k), uint32(int32(k)))
}

func exp2Portable(t float32) float32 {
	const (
		flushBelow = -126
		// roundMagic added to a float32 below 2^22 in size rounds it to an integer
		// and leaves that integer in the low bits of the sum.
		roundMagic = 3 << 22
	)
	switch {
	case t < flushBelow:
		return 0
	case t != t:
		return t
	}
	shifted := t + roundMagic
	return polynomial2(t-(shifted-roundMagic), math.Float32bits(shifted))
}

// polynomial2 is 2^r for r within 1/2 of zero, times 2^exponent, of which the
// low bits count.
func polynomial2(r float32, exponent uint32) float32 {
	p := float32(0.000154614449)
	p = p*r + 0.0013400428
	p = p*r + 0.00961805694
	p = p*r + 0.0555032715
	p = p*r + 0.240226507
	p = p*r + 0.693147182
	p = p*r + 1
	return math.Float32frombits(math.Float32bits(p) + exponent<<23)
}

func scalePortable(dst, x []float32, factor float32) {
	dst = dst[:len(x)]
	for i, e := range x {
		dst[i] = e * factor
	}
}

func shiftPortable(dst, x []float32, bias, offset float32) {
	dst = dst[:len(x)]
	for i, e := range x {
		dst[i] = e - bias - offset
	}
}

func scaleAddPortable(dst, x, y []float32, factor float32) {
	dst, y = dst[:len(x)], y[:len(x)]
	for i, e := range x {
		dst[i] = e*factor + y[i]
	}
}

func mulShiftedPortable(dst, x, y []float32, shift, factor float32) {
	dst, y = dst[:len(x)], y[:len(x)]
	for i, e := range x {
		dst[i] = (e - shift) * factor * y[i]
	}
}

func addMulShiftedPortable(dst, x, y []float32, shift, factor float32) {
	dst, y = dst[:len(x)], y[:len(x)]
	for i, e := range x {
		dst[i] += (e - shift) * factor * y[i]
	}
}

func subExpMulPortable(dst, x, y []float32, factor float32) {
	dst, y = dst[:len(x)], y[:len(x)]
	for i, e := range x {
		dst[i] += y[i] - exp32(e)*factor
	}
}

func rotatePortable(x1, x2, cos, sin []float32) {
	x2, cos, sin = x2[:len(x1)], cos[:len(x1)], sin[:len(x1)]
	for i, a := range x1 {
		b := x2[i]
		x1[i] = a*cos[i] - b*sin[i]
		x2[i] = b*cos[i] + a*sin[i]
	}
}
