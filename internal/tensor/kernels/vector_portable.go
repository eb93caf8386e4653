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

// expSumPortable is the algorithm of the vector kernels, see exponential.emit in
// gen: 2^t by a polynomial in the fraction and the integer in the exponent bits.
func expSumPortable(dst, x []float32, bias, scale float32) float32 {
	dst = dst[:len(x)]
	var sum float32
	for i, e := range x {
		p := exp2Portable((e - bias) * scale)
		dst[i] = p
		sum += p
	}
	return sum
}

func exp2Portable(t float32) float32 {
	const (
		flushBelow = -126
		roundMagic = 3 << 22
	)
	if t < flushBelow {
		return 0
	}
	shifted := t + roundMagic
	r := t - (shifted - roundMagic)
	p := float32(0.000154614449)
	p = p*r + 0.0013400428
	p = p*r + 0.00961805694
	p = p*r + 0.0555032715
	p = p*r + 0.240226507
	p = p*r + 0.693147182
	p = p*r + 1
	return math.Float32frombits(math.Float32bits(p) + math.Float32bits(shifted)<<23)
}

func scalePortable(dst, x []float32, factor float32) {
	dst = dst[:len(x)]
	for i, e := range x {
		dst[i] = e * factor
	}
}
