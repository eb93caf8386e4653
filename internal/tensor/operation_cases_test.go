package tensor

import (
	"math"
	"math/rand/v2"
)

// size draws a number for a label. Rows and sequences may be made much longer
// than drawn.
type size func(least, most int, label string) int

// operations draw an operation on random shapes: odd ones, rows of one element,
// dimensions of zero where there is something to compute.
var operations = map[string]func(n size, r *rand.Rand) operation{
	"add": func(n size, r *rand.Rand) operation {
		shape := drawAnyShape(n)
		return operation{
			inputs:    []array{normal(r, shape...), normal(r, shape...)},
			compute:   func(p *Pass, in []*Tensor) *Tensor { return p.Add(in[0], in[1]) },
			reference: func(in []array) array { return binary(in, func(x, y float64) float64 { return x + y }) },
			tolerance: 1e-7,
		}
	},
	"add to itself": func(n size, r *rand.Rand) operation {
		return operation{
			inputs:    []array{normal(r, drawAnyShape(n)...)},
			compute:   func(p *Pass, in []*Tensor) *Tensor { return p.Add(in[0], in[0]) },
			reference: func(in []array) array { return unary(in, func(x float64) float64 { return 2 * x }) },
			tolerance: 1e-7,
		}
	},
	"mul": func(n size, r *rand.Rand) operation {
		shape := drawAnyShape(n)
		return operation{
			inputs:    []array{normal(r, shape...), normal(r, shape...)},
			compute:   func(p *Pass, in []*Tensor) *Tensor { return p.Mul(in[0], in[1]) },
			reference: func(in []array) array { return binary(in, func(x, y float64) float64 { return x * y }) },
			tolerance: 1e-7,
		}
	},
	"square": func(n size, r *rand.Rand) operation {
		return operation{
			inputs:    []array{normal(r, drawAnyShape(n)...)},
			compute:   func(p *Pass, in []*Tensor) *Tensor { return p.Mul(in[0], in[0]) },
			reference: func(in []array) array { return unary(in, func(x float64) float64 { return x * x }) },
			tolerance: 1e-7,
		}
	},
	"scale": func(n size, r *rand.Rand) operation {
		factor := float32(r.NormFloat64())
		return operation{
			inputs:    []array{normal(r, drawAnyShape(n)...)},
			compute:   func(p *Pass, in []*Tensor) *Tensor { return p.Scale(in[0], factor) },
			reference: func(in []array) array { return unary(in, func(x float64) float64 { return float64(factor) * x }) },
			tolerance: 1e-7,
		}
	},
	"add rows":     drawAddRows,
	"matmul":       drawMatMul,
	"matmul twice": drawGram,
	"linear":       drawLinear,
	"gelu": func(n size, r *rand.Rand) operation {
		return operation{
			inputs:    []array{normal(r, drawAnyShape(n)...)},
			compute:   func(p *Pass, in []*Tensor) *Tensor { return p.GELU(in[0]) },
			reference: func(in []array) array { return unary(in, gelu64) },
			tolerance: 1e-6, gradientTolerance: 5e-6,
		}
	},
	"silu": func(n size, r *rand.Rand) operation {
		return operation{
			inputs:    []array{normal(r, drawAnyShape(n)...)},
			compute:   func(p *Pass, in []*Tensor) *Tensor { return p.SiLU(in[0]) },
			reference: func(in []array) array { return unary(in, silu64) },
			tolerance: 1e-6, gradientTolerance: 5e-6,
		}
	},
	"swiglu": func(n size, r *rand.Rand) operation {
		shape := drawAnyShape(n)
		return operation{
			inputs:    []array{normal(r, shape...), normal(r, shape...)},
			compute:   func(p *Pass, in []*Tensor) *Tensor { return p.SwiGLU(in[0], in[1]) },
			reference: func(in []array) array { return binary(in, func(x, y float64) float64 { return silu64(x) * y }) },
			tolerance: 1e-6, gradientTolerance: 5e-6,
		}
	},
	"swiglu of itself": func(n size, r *rand.Rand) operation {
		return operation{
			inputs:    []array{normal(r, drawAnyShape(n)...)},
			compute:   func(p *Pass, in []*Tensor) *Tensor { return p.SwiGLU(in[0], in[0]) },
			reference: func(in []array) array { return unary(in, func(x float64) float64 { return silu64(x) * x }) },
			tolerance: 1e-6, gradientTolerance: 5e-6,
		}
	},
	"softmax": func(n size, r *rand.Rand) operation {
		return operation{
			inputs:    []array{normal(r, drawAnyShape(n)...)},
			compute:   func(p *Pass, in []*Tensor) *Tensor { return p.Softmax(in[0]) },
			reference: func(in []array) array { return softmax64(in[0]) },
			tolerance: 1e-6, gradientTolerance: 5e-6,
		}
	},
	"log-softmax": func(n size, r *rand.Rand) operation {
		return operation{
			inputs:  []array{normal(r, drawAnyShape(n)...)},
			compute: func(p *Pass, in []*Tensor) *Tensor { return p.LogSoftmax(in[0]) },
			reference: func(in []array) array {
				return softmax64(in[0]).mapped(func(_ int, x float64) float64 { return math.Log(x) })
			},
			tolerance: 1e-6, gradientTolerance: 2e-5,
		}
	},
	"layer norm":    drawLayerNorm,
	"rms norm":      drawRMSNorm,
	"embedding":     drawEmbedding,
	"rotary":        drawRotary,
	"cross entropy": drawCrossEntropy,
	"mean": func(n size, r *rand.Rand) operation {
		return operation{
			inputs:  []array{normal(r, n(1, 5, "rows"), n(1, 80, "cols"))},
			compute: func(p *Pass, in []*Tensor) *Tensor { return p.Mean(in[0]) },
			reference: func(in []array) array {
				out := zeros(1)
				for _, x := range in[0].data {
					out.data[0] += x / float64(len(in[0].data))
				}
				return out
			},
			tolerance: 1e-6, gradientTolerance: 1e-6,
		}
	},
}

// drawShape is of one to four dimensions.
func drawAnyShape(n size) []int {
	shape := []int{n(0, 3, "rows"), n(0, 2, "middle"), n(1, 3, "middle"), n(0, 70, "cols")}
	return shape[n(0, 3, "rank")%4:]
}

func unary(in []array, f func(x float64) float64) array {
	return in[0].mapped(func(_ int, x float64) float64 { return f(x) })
}

func binary(in []array, f func(x, y float64) float64) array {
	return in[0].mapped(func(i int, x float64) float64 { return f(x, in[1].data[i]) })
}

func gelu64(x float64) float64 {
	return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
}

func silu64(x float64) float64 { return x / (1 + math.Exp(-x)) }

func softmax64(x array) array {
	out := x.mapped(func(_ int, x float64) float64 { return math.Exp(x) })
	out.rows(func(_ int, row []float64) {
		var sum float64
		for _, e := range row {
			sum += e
		}
		for i := range row {
			row[i] /= sum
		}
	})
	return out
}

func drawAddRows(n size, r *rand.Rand) operation {
	batch, seq, dim, first := n(0, 3, "batch"), n(0, 5, "seq"), n(0, 40, "dim"), n(0, 3, "first")
	return operation{
		inputs:  []array{normal(r, batch, seq, dim), normal(r, first+seq+n(0, 2, "rest"), dim)},
		compute: func(p *Pass, in []*Tensor) *Tensor { return p.AddRows(in[0], in[1], first) },
		reference: func(in []array) array {
			return in[0].mapped(func(i int, x float64) float64 { return x + in[1].data[first*dim+i%(seq*dim)] })
		},
		tolerance: 1e-7,
	}
}

func drawMatMul(n size, r *rand.Rand) operation {
	batch, m, k, cols := n(0, 3, "batch"), n(0, 20, "rows"), n(0, 40, "inner"), n(0, 35, "cols")
	o := MatMulOptions{TransposeA: r.IntN(2) == 0, TransposeB: r.IntN(2) == 0, Alpha: float32(r.IntN(3)) - 0.5}
	a, b := []int{m, k}, []int{k, cols}
	if o.TransposeA {
		a = []int{k, m}
	}
	if o.TransposeB {
		b = []int{cols, k}
	}
	for range n(0, 2, "leading") {
		a, b = append([]int{batch}, a...), append([]int{batch}, b...)
	}
	return operation{
		inputs:    []array{normal(r, a...), normal(r, b...)},
		compute:   func(p *Pass, in []*Tensor) *Tensor { return p.MatMul(in[0], in[1], o) },
		reference: func(in []array) array { return matmul64(in[0], in[1], o) },
		tolerance: 4e-6, gradientTolerance: 2e-5,
	}
}

// drawGram is a product of a tensor with itself, transposed.
func drawGram(n size, r *rand.Rand) operation {
	return operation{
		inputs:    []array{normal(r, n(0, 20, "rows"), n(0, 40, "inner"))},
		compute:   func(p *Pass, in []*Tensor) *Tensor { return p.MatMul(in[0], in[0], MatMulOptions{TransposeB: true}) },
		reference: func(in []array) array { return matmul64(in[0], in[0], MatMulOptions{TransposeB: true}) },
		tolerance: 4e-6, gradientTolerance: 2e-5,
	}
}

func matmul64(a, b array, o MatMulOptions) array {
	rank := len(a.shape)
	m, k, cols := a.shape[rank-2], a.shape[rank-1], b.shape[rank-1]
	aRow, aCol, bRow, bCol := k, 1, cols, 1
	if o.TransposeA {
		m, k = k, m
		aRow, aCol = 1, m
	}
	if o.TransposeB {
		cols = b.shape[rank-2]
		bRow, bCol = 1, k
	}
	alpha := float64(o.Alpha)
	if alpha == 0 {
		alpha = 1
	}
	out := zeros(append(append([]int{}, a.shape[:rank-2]...), m, cols)...)
	for i := range out.data {
		matrix, row, col := i/cols/m, i/cols%m, i%cols
		for z := range k {
			out.data[i] += alpha * a.data[matrix*m*k+row*aRow+z*aCol] * b.data[matrix*k*cols+z*bRow+col*bCol]
		}
	}
	return out
}

func drawLinear(n size, r *rand.Rand) operation {
	in, out, withBias := n(0, 40, "in"), n(0, 35, "out"), r.IntN(2) == 0
	inputs := []array{normal(r, n(0, 2, "batch"), n(0, 5, "rows"), in), normal(r, out, in)}
	if withBias {
		inputs = append(inputs, normal(r, out))
	}
	return operation{
		inputs: inputs,
		compute: func(p *Pass, in []*Tensor) *Tensor {
			w, err := NewWeight(in[1])
			if err != nil {
				p.Fail(err)
			}
			var bias *Tensor
			if withBias {
				bias = in[2]
			}
			return p.Linear(in[0], w, bias)
		},
		reference: func(in []array) array { return linear64(in) },
		tolerance: 4e-6, gradientTolerance: 2e-5,
	}
}

func linear64(in []array) array {
	x, w := in[0], in[1]
	k, n := w.shape[1], w.shape[0]
	out := zeros(append(append([]int{}, x.shape[:len(x.shape)-1]...), n)...)
	out.rows(func(i int, row []float64) {
		for j := range row {
			if len(in) > 2 {
				row[j] = in[2].data[j]
			}
			for z := range k {
				row[j] += x.data[i*k+z] * w.data[j*k+z]
			}
		}
	})
	return out
}

func drawLayerNorm(n size, r *rand.Rand) operation {
	// Rows of one or two elements are all alike: their gradient is only noise.
	dim := n(3, 70, "dim")
	const eps = 1e-3
	return operation{
		inputs:  []array{normal(r, n(0, 3, "rows"), n(0, 4, "middle"), dim), normal(r, dim), normal(r, dim)},
		compute: func(p *Pass, in []*Tensor) *Tensor { return p.LayerNorm(in[0], in[1], in[2], eps) },
		reference: func(in []array) array {
			out := zeros(in[0].shape...)
			in[0].rows(func(i int, row []float64) {
				var mean, variance float64
				for _, x := range row {
					mean += x / float64(dim)
				}
				for _, x := range row {
					variance += (x - mean) * (x - mean) / float64(dim)
				}
				for j, x := range row {
					out.data[i*dim+j] = (x-mean)/math.Sqrt(variance+eps)*in[1].data[j] + in[2].data[j]
				}
			})
			return out
		},
		tolerance: 2e-6, gradientTolerance: 3e-5,
	}
}

func drawRMSNorm(n size, r *rand.Rand) operation {
	dim := n(1, 70, "dim")
	const eps = 1e-3
	return operation{
		inputs:  []array{normal(r, n(0, 3, "rows"), n(0, 4, "middle"), dim), normal(r, dim)},
		compute: func(p *Pass, in []*Tensor) *Tensor { return p.RMSNorm(in[0], in[1], eps) },
		reference: func(in []array) array {
			out := zeros(in[0].shape...)
			in[0].rows(func(i int, row []float64) {
				var squares float64
				for _, x := range row {
					squares += x * x / float64(dim)
				}
				for j, x := range row {
					out.data[i*dim+j] = x / math.Sqrt(squares+eps) * in[1].data[j]
				}
			})
			return out
		},
		tolerance: 2e-6, gradientTolerance: 3e-5,
	}
}

func drawEmbedding(n size, r *rand.Rand) operation {
	entries, dim := n(1, 9, "entries"), n(0, 40, "dim")
	shape := []int{n(0, 3, "batch"), n(0, 5, "seq")}
	ids := make([]int32, shape[0]*shape[1])
	for i := range ids {
		ids[i] = int32(r.IntN(entries))
	}
	return operation{
		inputs: []array{normal(r, entries, dim)},
		compute: func(p *Pass, in []*Tensor) *Tensor {
			w, err := NewWeight(in[0])
			if err != nil {
				p.Fail(err)
			}
			return p.Embedding(w, ids, shape...)
		},
		reference: func(in []array) array {
			return zeros(shape[0], shape[1], dim).mapped(func(i int, _ float64) float64 {
				return in[0].data[int(ids[i/dim])*dim+i%dim]
			})
		},
		tolerance: 0, gradientTolerance: 1e-6,
	}
}

func drawRotary(n size, r *rand.Rand) operation {
	half, heads, first := n(1, 20, "half"), n(1, 3, "heads"), n(0, 50, "first")
	seq := n(0, 6, "seq")
	const theta = 10000
	return operation{
		inputs:  []array{normal(r, n(0, 2, "batch"), seq, heads*half*2)},
		compute: func(p *Pass, in []*Tensor) *Tensor { return p.Rotary(in[0], 2*half, first, theta) },
		reference: func(in []array) array {
			return in[0].mapped(func(i int, x float64) float64 {
				pair := i % half
				position := first + i/(heads*half*2)%seq
				sin, cos := math.Sincos(float64(position) * math.Pow(theta, -2*float64(pair)/float64(2*half)))
				if i%(2*half) < half {
					return x*cos - in[0].data[i+half]*sin
				}
				return x*cos + in[0].data[i-half]*sin
			})
		},
		tolerance: 1e-6, gradientTolerance: 1e-6,
	}
}

func drawCrossEntropy(n size, r *rand.Rand) operation {
	batch, seq, classes := n(1, 2, "batch"), n(1, 5, "seq"), n(1, 40, "classes")
	targets := make([]int32, batch*seq)
	for i := range targets {
		targets[i] = int32(r.IntN(classes))
	}
	return operation{
		inputs:  []array{normal(r, batch, seq, classes)},
		compute: func(p *Pass, in []*Tensor) *Tensor { return p.CrossEntropy(in[0], targets) },
		reference: func(in []array) array {
			out := zeros(1)
			softmax64(in[0]).rows(func(i int, row []float64) {
				out.data[0] -= math.Log(row[targets[i]]) / float64(len(targets))
			})
			return out
		},
		tolerance: 1e-6, gradientTolerance: 5e-6,
	}
}
