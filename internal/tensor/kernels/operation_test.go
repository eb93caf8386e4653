package kernels

import (
	"math"
	"slices"
)

// An operation is one method of Set on slices of the same length, with its
// definition in float64. Every one passes the tests of slices_test.go.
type operation struct {
	name    string
	inputs  int
	outputs int
	scalar  bool // outputs have one element, whatever the length of the inputs
	adds    bool // to its outputs
	each    bool // an element depends on its neighbours not at all; holds for inputs of any size
	// prepare makes the first input of what is drawn, where not any will do.
	prepare func(x []float64) []float64
	call    func(s *Set, a arguments)
	// want computes what call does to out and how far it may be off; an infinite
	// or undefined bound promises nothing.
	want func(out, bound, in [][]float64)
	gradient
}

// A gradient is what an operation that adds gradients is the gradient of. The
// last input is then that for the result.
type gradient struct {
	of     func(params [][]float64) []float64
	params int   // the inputs before prepare, and further ones that do not matter
	wrt    []int // the parameter of each output
}

const (
	testFactor = -1.75
	testEps    = 1e-5
	// flushed bounds what an exponential makes zero.
	flushed = 1.2e-38
)

// operations are all but Softmax, Max and Rotate, which have tests of their own.
func operations() []operation {
	return slices.Concat(reductions(), arithmetic(), softmaxes(), norms(), activations(), gatedActivations())
}

// elementwise makes the definition of an operation by that of an element: f
// returns the value and the bound.
func elementwise(f func(start float64, in []float64) (value, bound float64)) func(out, bound, in [][]float64) {
	return func(out, bound, in [][]float64) {
		element := make([]float64, len(in))
		for i := range out[0] {
			for k := range in {
				element[k] = in[k][i]
			}
			out[0][i], bound[0][i] = f(out[0][i], element)
		}
	}
}

// rounded is an exact value that is rounded once.
func rounded(value float64) (float64, float64) {
	if math.IsInf(value, 0) {
		return value, 0
	}
	return value, math.Abs(value)*epsilon + 1e-45
}

// added is start plus a term that is off by error; a term beyond float32 may
// have overflowed on its way.
func added(start, term, error float64) (float64, float64) {
	if math.Abs(term) > math.MaxFloat32 {
		return 0, math.NaN()
	}
	value, bound := rounded(start + term)
	return value, bound + error + math.Abs(term)*epsilon + 1e-45
}

func reductions() []operation {
	return []operation{
		{name: "Sum", inputs: 1, outputs: 1, scalar: true,
			call: func(s *Set, a arguments) { a.out[0][0] = s.Sum(a.in[0]) },
			want: func(out, bound, in [][]float64) {
				total, size := 0.0, 0.0
				for _, x := range in[0] {
					total, size = total+x, size+math.Abs(x)
				}
				out[0][0], bound[0][0] = total, epsilon*(float64(len(in[0]))/4+8)*size
			}},
		{name: "Dot", inputs: 2, outputs: 1, scalar: true,
			call: func(s *Set, a arguments) { a.out[0][0] = s.Dot(a.in[0], a.in[1]) },
			want: func(out, bound, in [][]float64) {
				total, size := dot64(in[0], in[1])
				out[0][0], bound[0][0] = total, epsilon*(float64(len(in[0]))/4+8)*size
			}},
		{name: "Argmax", inputs: 1, outputs: 1, scalar: true,
			call: func(s *Set, a arguments) { a.out[0][0] = float32(s.Argmax(a.in[0])) },
			want: func(out, bound, in [][]float64) {
				best := -1
				for i, x := range in[0] {
					if !math.IsNaN(x) && (best < 0 || x > in[0][best]) {
						best = i
					}
				}
				out[0][0], bound[0][0] = float64(best), 0
			}},
		{name: "LogSumExp", inputs: 1, outputs: 1, scalar: true,
			call: func(s *Set, a arguments) { a.out[0][0] = s.LogSumExp(a.in[0]) },
			want: func(out, bound, in [][]float64) {
				out[0][0] = logSumExp64(in[0])
				bound[0][0] = logSumExpBound(in[0]) + 2*epsilon*math.Abs(out[0][0])
			}},
	}
}

func arithmetic() []operation {
	return []operation{
		{name: "Exp", inputs: 1, outputs: 1, each: true,
			call: func(s *Set, a arguments) { s.Exp(a.out[0], a.in[0]) },
			want: elementwise(func(_ float64, in []float64) (float64, float64) {
				e := math.Exp(in[0])
				return e, expError*e + flushed
			})},
		{name: "Scale", inputs: 1, outputs: 1, each: true,
			call: func(s *Set, a arguments) { s.Scale(a.out[0], a.in[0], testFactor) },
			want: elementwise(func(_ float64, in []float64) (float64, float64) {
				return rounded(in[0] * testFactor)
			})},
		{name: "Add", inputs: 2, outputs: 1, each: true,
			call: func(s *Set, a arguments) { s.Add(a.out[0], a.in[0], a.in[1]) },
			want: elementwise(func(_ float64, in []float64) (float64, float64) {
				return rounded(in[0] + in[1])
			})},
		{name: "Mul", inputs: 2, outputs: 1, each: true,
			call: func(s *Set, a arguments) { s.Mul(a.out[0], a.in[0], a.in[1]) },
			want: elementwise(func(_ float64, in []float64) (float64, float64) {
				return rounded(in[0] * in[1])
			})},
		{name: "AddScaled", inputs: 1, outputs: 1, adds: true, each: true,
			call: func(s *Set, a arguments) { s.AddScaled(a.out[0], a.in[0], testFactor) },
			want: elementwise(func(start float64, in []float64) (float64, float64) {
				return added(start, in[0]*testFactor, 0)
			})},
		{name: "AddMul", inputs: 2, outputs: 1, adds: true, each: true,
			call: func(s *Set, a arguments) { s.AddMul(a.out[0], a.in[0], a.in[1]) },
			want: elementwise(func(start float64, in []float64) (float64, float64) {
				return added(start, in[0]*in[1], 0)
			})},
	}
}

func softmaxes() []operation {
	return []operation{
		{name: "LogSoftmax", inputs: 1, outputs: 1,
			call: func(s *Set, a arguments) { s.LogSoftmax(a.out[0], a.in[0]) },
			want: func(out, bound, in [][]float64) {
				copy(out[0], logSoftmax64(in))
				for i, y := range out[0] {
					bound[0][i] = logSumExpBound(in[0]) + 2*epsilon*math.Abs(y)
				}
			}},
		{name: "SoftmaxGrad", inputs: 2, outputs: 1, adds: true,
			prepare: softmax64,
			call:    func(s *Set, a arguments) { s.SoftmaxGrad(a.out[0], a.in[0], a.in[1]) },
			want: func(out, bound, in [][]float64) {
				p, dp := in[0], in[1]
				dot, _ := dot64(p, dp)
				error := epsilon * (float64(len(p))/4 + 12) * largest64(dp)
				for i := range p {
					out[0][i], bound[0][i] = added(out[0][i], p[i]*(dp[i]-dot), p[i]*error)
				}
			},
			gradient: gradient{params: 1, wrt: []int{0},
				of: func(params [][]float64) []float64 { return softmax64(params[0]) }}},
		{name: "ScoreGrad", inputs: 2, outputs: 1, each: true,
			call: func(s *Set, a arguments) { s.ScoreGrad(a.out[0], a.in[0], a.in[1], 0.25, testFactor) },
			want: elementwise(func(_ float64, in []float64) (float64, float64) {
				scaled := (in[1] - 0.25) * testFactor
				if math.Abs(scaled) > math.MaxFloat32 || math.Abs(scaled) < flushed {
					return 0, math.NaN() // rounded on its way
				}
				value, bound := rounded(in[0] * scaled)
				return value, 3 * bound
			})},
		{name: "LogSoftmaxGrad", inputs: 2, outputs: 1, adds: true,
			prepare: func(x []float64) []float64 { return logSoftmax64([][]float64{x}) },
			call:    func(s *Set, a arguments) { s.LogSoftmaxGrad(a.out[0], a.in[0], a.in[1]) },
			want: func(out, bound, in [][]float64) {
				total, size := 0.0, 0.0
				for _, dy := range in[1] {
					total, size = total+dy, size+math.Abs(dy)
				}
				error := epsilon * (float64(len(in[0]))/4 + 20) * size
				for i, dy := range in[1] {
					p := math.Exp(in[0][i])
					out[0][i], bound[0][i] = added(out[0][i], dy-p*total, (p+flushed)*error+2*epsilon*math.Abs(dy))
				}
			},
			gradient: gradient{params: 1, wrt: []int{0}, of: logSoftmax64}},
	}
}

func norms() []operation {
	return []operation{
		{name: "LayerNorm", inputs: 3, outputs: 1,
			call: func(s *Set, a arguments) { s.LayerNorm(a.out[0], a.in[0], a.in[1], a.in[2], testEps) },
			want: func(out, bound, in [][]float64) {
				copy(out[0], layerNorm64(in))
				_, rstd := moments(in[0])
				largest := largest64(in[0])
				for i := range out[0] {
					size := math.Abs(in[1][i])*rstd*largest + math.Abs(in[2][i])
					bound[0][i] = epsilon * (float64(len(in[0]))/8 + 16) * size
				}
			}},
		{name: "LayerNormGrad", inputs: 3, outputs: 1, adds: true,
			call: func(s *Set, a arguments) {
				s.LayerNormGrad(a.out[0], a.in[0], a.in[1], a.in[2], a.mean, a.rstd)
			},
			want:     func(out, bound, in [][]float64) { addNormGrad64(out, bound, in, true) },
			gradient: gradient{params: 3, wrt: []int{0}, of: layerNorm64}},
		{name: "LayerNormParamGrad", inputs: 2, outputs: 2, adds: true,
			call: func(s *Set, a arguments) {
				s.LayerNormParamGrad(a.out[0], a.out[1], a.in[0], a.in[1], a.mean, a.rstd)
			},
			want: func(out, bound, in [][]float64) {
				mean, rstd := moments(in[0])
				largest := largest64(in[0])
				for i, x := range in[0] {
					dy, error := in[1][i], 8*epsilon*largest*rstd*math.Abs(in[1][i])
					out[0][i], bound[0][i] = added(out[0][i], dy*(x-mean)*rstd, error)
					out[1][i], bound[1][i] = added(out[1][i], dy, 0)
				}
			},
			gradient: gradient{params: 3, wrt: []int{1, 2}, of: layerNorm64}},
		{name: "RMSNorm", inputs: 2, outputs: 1,
			call: func(s *Set, a arguments) { s.RMSNorm(a.out[0], a.in[0], a.in[1], testEps) },
			want: func(out, bound, in [][]float64) {
				copy(out[0], rmsNorm64(in))
				for i, y := range out[0] {
					bound[0][i] = epsilon*(float64(len(in[0]))/8+8)*math.Abs(y) + 1e-45
				}
			}},
		{name: "RMSNormGrad", inputs: 3, outputs: 1, adds: true,
			call: func(s *Set, a arguments) {
				s.RMSNormGrad(a.out[0], a.in[0], a.in[1], a.in[2], a.rms)
			},
			want:     func(out, bound, in [][]float64) { addNormGrad64(out, bound, in, false) },
			gradient: gradient{params: 2, wrt: []int{0}, of: rmsNorm64}},
		{name: "RMSNormParamGrad", inputs: 2, outputs: 1, adds: true,
			call: func(s *Set, a arguments) {
				s.RMSNormParamGrad(a.out[0], a.in[0], a.in[1], a.rms)
			},
			want: func(out, bound, in [][]float64) {
				rstd := rootMeanSquare(in[0])
				for i, x := range in[0] {
					term := in[1][i] * x * rstd
					out[0][i], bound[0][i] = added(out[0][i], term, 4*epsilon*math.Abs(term))
				}
			},
			gradient: gradient{params: 2, wrt: []int{1}, of: rmsNorm64}},
	}
}

// ofActivation is the gradient of an activation by itself.
func ofActivation(activation func(x float64) (y, slope float64)) gradient {
	return gradient{params: 1, wrt: []int{0}, of: func(params [][]float64) []float64 {
		y := make([]float64, len(params[0]))
		for i, x := range params[0] {
			y[i], _ = activation(x)
		}
		return y
	}}
}

func activations() []operation {
	return []operation{
		{name: "GELU", inputs: 1, outputs: 1, each: true,
			call: func(s *Set, a arguments) { s.GELU(a.out[0], a.in[0]) },
			want: elementwise(func(_ float64, in []float64) (float64, float64) {
				y, _ := gelu64(in[0])
				return y, geluBoundOf(in[0], y)
			})},
		{name: "GELUGrad", inputs: 2, outputs: 1, adds: true, each: true,
			call: func(s *Set, a arguments) { s.GELUGrad(a.out[0], a.in[0], a.in[1]) },
			want: elementwise(func(start float64, in []float64) (float64, float64) {
				_, slope := gelu64(in[0])
				return added(start, in[1]*slope, math.Abs(in[1])*geluSlopeError)
			}),
			gradient: ofActivation(gelu64)},
		{name: "SiLU", inputs: 1, outputs: 1, each: true,
			call: func(s *Set, a arguments) { s.SiLU(a.out[0], a.in[0]) },
			want: elementwise(func(_ float64, in []float64) (float64, float64) {
				y, _ := silu64(in[0])
				return y, siluBoundOf(y)
			})},
		{name: "SiLUGrad", inputs: 2, outputs: 1, adds: true, each: true,
			call: func(s *Set, a arguments) { s.SiLUGrad(a.out[0], a.in[0], a.in[1]) },
			want: elementwise(func(start float64, in []float64) (float64, float64) {
				_, slope := silu64(in[0])
				return added(start, in[1]*slope, math.Abs(in[1])*siluSlopeError)
			}),
			gradient: ofActivation(silu64)},
	}
}

func gatedActivations() []operation {
	return []operation{
		{name: "SwiGLU", inputs: 2, outputs: 1, each: true,
			call: func(s *Set, a arguments) { s.SwiGLU(a.out[0], a.in[0], a.in[1]) },
			want: elementwise(func(_ float64, in []float64) (float64, float64) {
				y, _ := silu64(in[0])
				value, bound := rounded(y * in[1])
				return value, bound + siluBoundOf(y)*math.Abs(in[1])
			})},
		{name: "SwiGLUGrad", inputs: 3, outputs: 2, adds: true, each: true,
			call: func(s *Set, a arguments) { s.SwiGLUGrad(a.out[0], a.out[1], a.in[0], a.in[1], a.in[2]) },
			want: func(out, bound, in [][]float64) {
				for i, gate := range in[0] {
					up, dy := in[1][i], in[2][i]
					y, slope := silu64(gate)
					out[0][i], bound[0][i] = added(out[0][i], dy*up*slope, math.Abs(dy*up)*siluSlopeError)
					if math.Abs(dy*up) > math.MaxFloat32 || math.Abs(dy*up) < flushed {
						bound[0][i] = math.NaN() // dy*up is rounded before it meets the slope
					}
					out[1][i], bound[1][i] = added(out[1][i], dy*y, math.Abs(dy)*siluBoundOf(y))
				}
			},
			gradient: gradient{params: 2, wrt: []int{0, 1}, of: func(params [][]float64) []float64 {
				y := make([]float64, len(params[0]))
				for i, gate := range params[0] {
					y[i], _ = silu64(gate)
					y[i] *= params[1][i]
				}
				return y
			}}},
	}
}
