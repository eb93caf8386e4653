package synthetic

import (
	"fmt"
	"math"
)

var distributions = []string{"deterministic", "normal", "lognormal", "exponential", "uniform", "pareto", bimodal}

const bimodal = "bimodal"

// sampler returns the function from a standard normal to a draw in ms.
func sampler(distribution string, location, scale, shape float64) (func(z float64) float64, error) {
	switch distribution {
	case "deterministic":
		return func(float64) float64 { return location }, nil
	case "normal":
		return func(z float64) float64 { return location + scale*z }, nil
	case "lognormal":
		return func(z float64) float64 { return location + scale*math.Exp(shape*z) }, nil
	case "exponential":
		return func(z float64) float64 { return location - scale*math.Log(upper(z)) }, nil
	case "uniform":
		return func(z float64) float64 { return location + scale*(1-upper(z)) }, nil
	case "pareto":
		return func(z float64) float64 { return location + scale*math.Pow(upper(z), -1/shape) }, nil
	case bimodal:
		return func(z float64) float64 {
			if upper(z) < shape {
				return location + scale
			}
			return location
		}, nil
	}
	return nil, fmt.Errorf("distribution %q is unknown", distribution)
}

// upper is the probability that a standard normal exceeds z: uniform in (0, 1)
// where z is normal, and exact far out in the upper tail, which is the one that
// latencies have.
func upper(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
