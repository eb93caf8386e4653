package tensor

import "math/rand/v2"

// FillNormal fills dst with values of the standard normal distribution, the
// same for the same seed (between processor architectures up to rounding).
func FillNormal(dst []float32, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range dst {
		dst[i] = float32(r.NormFloat64())
	}
}
