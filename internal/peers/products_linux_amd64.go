package main

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

// product is a matrix product to measure: m×k by k×n, b transposed or not.
type product struct {
	name       string
	m, n, k    int
	transposed bool
}

var products = []product{
	{"sgemm 256³", 256, 256, 256, false},
	{"sgemm 512³", 512, 512, 512, false},
	{"sgemm 1024³", 1024, 1024, 1024, false},
	{"sgemm 2048³", 2048, 2048, 2048, false},
	{"sgemm 32768×512×512", 32768, 512, 512, false},
	{"sgemm q·kᵀ 2048×2048×64", 2048, 2048, 64, true},
	{"sgemm p·v 2048×64×2048", 2048, 64, 2048, false},
}

// The figures of matrix products.
const (
	productMean   = 1.0  // of OpenBLAS' speed, geometric mean
	productOfPeak = 0.8  // of the fused multiply-add peak at 1024³
	threadsRatio  = 0.95 // of OpenBLAS' speed on as many threads
)

func (p product) flops() float64 { return 2 * float64(p.m) * float64(p.n) * float64(p.k) }

// operands are the inputs that both sides share, and an output for each.
type operands struct {
	product
	a, b         []float32
	ours, theirs []float32
}

func (p product) operands() operands {
	o := operands{p, normal(p.m*p.k, 1), normal(p.k*p.n, 2), make([]float32, p.m*p.n), make([]float32, p.m*p.n)}
	return o
}

func (o operands) left() kernels.Matrix   { return kernels.RowMajor(o.a, o.m, o.k) }
func (o operands) output() kernels.Matrix { return kernels.RowMajor(o.ours, o.m, o.n) }

func (o operands) right() kernels.Matrix {
	if o.transposed {
		return kernels.RowMajor(o.b, o.n, o.k).Transposed()
	}
	return kernels.RowMajor(o.b, o.k, o.n)
}

func (o operands) peer(blas *openBLAS) {
	blas.multiply(o.m, o.n, o.k, 1, o.a, o.b, o.transposed, o.theirs)
}

// tolerance is for sums of k products of normal numbers.
func (o operands) tolerance() float64 { return 1e-4 * math.Sqrt(float64(o.k)) }

// normal is n standard normal numbers.
func normal(n int, seed uint64) []float32 {
	x := make([]float32, n)
	tensor.FillNormal(x, seed)
	return x
}

func productRows(b *bench) ([]row, error) {
	var rows []row
	for _, p := range products {
		o := p.operands()
		r, err := contest{
			name: p.name, unit: gigaflops(p.flops()),
			ours:      ours(onThread("", func() error { return b.team.Gemm(1, o.left(), o.right(), 0, o.output()) }).into(o.ours)),
			theirs:    []side{b.onBLAS(o.peer).into(o.theirs)},
			tolerance: o.tolerance(),
		}.run(b.rounds)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	mean := geometricMean("geometric mean", figure{ratio: productMean}, rows)
	for _, r := range rows {
		if r.name == "sgemm 1024³" {
			rows = append(rows, r.against(r.name+" of the peak", "peak", b.peak/1e9, figure{ratio: productOfPeak}))
		}
	}
	return append(rows, mean), nil
}

// threadRows compares on two threads by the clock on the wall.
func threadRows(b *bench) ([]row, error) {
	const threads = 2
	if runtime.NumCPU() < threads {
		return []row{{name: "sgemm", peer: "OpenBLAS", figure: figure{ratio: threadsRatio},
			skipped: fmt.Errorf("%d processor", runtime.NumCPU())}}, nil
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
	team := kernels.NewTeam(b.set, threads)
	defer team.Close()
	if b.blas != nil {
		if err := b.blas.limit(threads); err != nil {
			return nil, err
		}
		defer b.blas.limit(1)
	}
	var contests []contest
	for _, p := range products {
		o := p.operands()
		theirs := b.onBLAS(o.peer)
		if b.blas != nil {
			theirs = resting(onWall("OpenBLAS", func() error { o.peer(b.blas); return nil }))
		}
		contests = append(contests, contest{
			name: p.name, unit: gigaflops(p.flops()), figure: figure{ratio: threadsRatio},
			ours:      ours(onWall("", func() error { return team.Gemm(1, o.left(), o.right(), 0, o.output()) }).into(o.ours)),
			theirs:    []side{theirs.into(o.theirs)},
			tolerance: o.tolerance(),
		})
	}
	// The main goroutine keeps to its thread, for the sake of threadTime, and such
	// a goroutine waits dearly for others.
	var rows []row
	var err error
	var wg sync.WaitGroup
	wg.Go(func() { rows, err = runAll(b.rounds, contests) })
	wg.Wait()
	return append(rows, geometricMean("geometric mean", figure{}, rows)), err
}
