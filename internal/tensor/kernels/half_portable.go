package kernels

import "math"

const (
	signBit     = 1 << 31
	infBits     = 0xff << 23 // of float32; what is above is NaN
	quietBit    = 1 << 22    // of a NaN
	float16Inf  = 0x1f << 10
	float16Bias = 127 - 15 // between the exponents of float32 and of Float16
	// mantissaGap is how many bits of the significand Float16 lacks.
	mantissaGap = 23 - 10
)

// expandFloat16 moves exponent and significand to their places in a float32,
// which is then too small by the difference of the biases; multiplied by it,
// subnormal numbers come out right as well. A signalling NaN becomes quiet, as by
// VCVTPH2PS.
func expandFloat16(h uint16) float32 {
	sign := uint32(h) << 16 & signBit
	magnitude := uint32(h&0x7fff) << mantissaGap
	switch {
	case h&0x7fff > float16Inf:
		magnitude |= infBits | quietBit
	case h&0x7fff == float16Inf:
		magnitude = infBits
	default:
		magnitude = math.Float32bits(math.Float32frombits(magnitude) * (1 << float16Bias))
	}
	return math.Float32frombits(sign | magnitude)
}

// roundFloat16 gives the bits of VCVTPS2PH, NaN included.
func roundFloat16(x float32) uint16 {
	const leastNormal = (1 + float16Bias) << 23
	bits := math.Float32bits(x)
	sign, magnitude := uint16(bits>>16)&0x8000, bits&^signBit
	switch {
	case magnitude > infBits:
		return sign | float16Inf | quietBit>>mantissaGap | uint16(magnitude>>mantissaGap)&0x3ff
	case magnitude >= math.Float32bits(65520):
		return sign | float16Inf
	case magnitude < leastNormal:
		// The last bit of a sum near 1/2 is worth the least of Float16, so that
		// the addition rounds as it should.
		sum := math.Float32frombits(magnitude) + 0.5
		return sign | uint16(math.Float32bits(sum)-math.Float32bits(0.5))
	}
	magnitude += 1<<(mantissaGap-1) - 1 + magnitude>>mantissaGap&1
	return sign | uint16((magnitude-float16Bias<<23)>>mantissaGap)
}

func expandBFloat16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// roundBFloat16 adds what carries into the upper half when it must go up; a NaN
// is made quiet, so that it has a bit in the upper half.
func roundBFloat16(x float32) uint16 {
	bits := math.Float32bits(x)
	if bits&^signBit > infBits {
		return uint16((bits | quietBit) >> 16)
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

func expandFloat16Portable(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = expandFloat16(h)
	}
}

func expandBFloat16Portable(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = expandBFloat16(h)
	}
}

func roundFloat16Portable(dst []uint16, src []float32) {
	for i, x := range src {
		dst[i] = roundFloat16(x)
	}
}

func roundBFloat16Portable(dst []uint16, src []float32) {
	for i, x := range src {
		dst[i] = roundBFloat16(x)
	}
}
