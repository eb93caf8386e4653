package main

import (
	"fmt"
	"os"
	"time"

	"github.com/ebitengine/purego"
)

// openBLAS is a peer, bound at run time without cgo.
type openBLAS struct {
	sgemm func(order, transA, transB, m, n, k int32, alpha float32, a *float32, lda int32,
		b *float32, ldb int32, beta float32, c *float32, ldc int32)
	sgemv func(order, trans, m, n int32, alpha float32, a *float32, lda int32, x *float32, incX int32,
		beta float32, y *float32, incY int32)
	setThreads func(int32)
	threads    func() int32
	config     func() string
}

const (
	openBLASLibrary = "libopenblas.so.0"
	openBLASHint    = "hint: apt-get install libopenblas0-pthread"
)

// openPeer loads OpenBLAS and limits it to one thread.
func openPeer() (*openBLAS, error) {
	// Read when the library is loaded: no worker thread is started by that.
	if err := os.Setenv("OPENBLAS_NUM_THREADS", "1"); err != nil {
		return nil, fmt.Errorf("limit OpenBLAS to one thread: %w", err)
	}
	library, err := purego.Dlopen(openBLASLibrary, purego.RTLD_NOW)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", openBLASLibrary, err)
	}
	b := new(openBLAS)
	for name, into := range map[string]any{
		"cblas_sgemm":              &b.sgemm,
		"cblas_sgemv":              &b.sgemv,
		"openblas_set_num_threads": &b.setThreads,
		"openblas_get_num_threads": &b.threads,
		"openblas_get_config":      &b.config,
	} {
		symbol, err := purego.Dlsym(library, name)
		if err != nil {
			return nil, fmt.Errorf("find %s in %s: %w", name, openBLASLibrary, err)
		}
		purego.RegisterFunc(into, symbol)
	}
	return b, b.limit(1)
}

// limit sets the number of threads.
func (o *openBLAS) limit(threads int32) error {
	o.setThreads(threads)
	if n := o.threads(); n != threads {
		return fmt.Errorf("OpenBLAS runs %d threads, not %d", n, threads)
	}
	return nil
}

// spinning is how long OpenBLAS' own workers stay awake after a call, and a
// little more: what is measured meanwhile has to share the processors with them.
const spinning = 150 * time.Millisecond

// resting is a side whose threads must come to rest after its turn.
func resting(s side) side {
	calls := s.calls
	s.calls = func(n int) (float64, error) {
		seconds, err := calls(n)
		time.Sleep(spinning)
		return seconds, err
	}
	return s
}

const (
	rowMajor     = 101
	notTransBLAS = 111
	transBLAS    = 112
)

// multiply computes c = alpha*a*b, or a*bᵀ, with contiguous row-major matrices.
func (o *openBLAS) multiply(m, n, k int, alpha float32, a, b []float32, transposed bool, c []float32) {
	trans, ldb := int32(notTransBLAS), n
	if transposed {
		trans, ldb = transBLAS, k
	}
	o.sgemm(rowMajor, notTransBLAS, trans, int32(m), int32(n), int32(k), alpha, &a[0], int32(k), &b[0], int32(ldb), 0, &c[0], int32(n))
}

// apply computes y = a*x, or aᵀ*x, with a contiguous row-major matrix of m×n.
func (o *openBLAS) apply(m, n int, a []float32, transposed bool, x, y []float32) {
	trans := int32(notTransBLAS)
	if transposed {
		trans = transBLAS
	}
	o.sgemv(rowMajor, trans, int32(m), int32(n), 1, &a[0], int32(n), &x[0], 1, 0, &y[0], 1)
}
