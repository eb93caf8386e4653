package main

import (
	"fmt"
	"os"

	"github.com/ebitengine/purego"
)

// openBLAS is the peer, bound at run time without cgo.
type openBLAS struct {
	sgemm func(order, transA, transB, m, n, k int32, alpha float32, a *float32, lda int32,
		b *float32, ldb int32, beta float32, c *float32, ldc int32)
	config string
}

const openBLASLibrary = "libopenblas.so.0"

// openPeer loads OpenBLAS and limits it to one thread.
func openPeer() (*openBLAS, error) {
	// Read when the library is loaded: no worker thread is ever started.
	if err := os.Setenv("OPENBLAS_NUM_THREADS", "1"); err != nil {
		return nil, fmt.Errorf("limit OpenBLAS to one thread: %w", err)
	}
	library, err := purego.Dlopen(openBLASLibrary, purego.RTLD_NOW)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", openBLASLibrary, err)
	}
	b := new(openBLAS)
	var setThreads func(int32)
	var threads func() int32
	var config func() string
	for name, into := range map[string]any{
		"cblas_sgemm":              &b.sgemm,
		"openblas_set_num_threads": &setThreads,
		"openblas_get_num_threads": &threads,
		"openblas_get_config":      &config,
	} {
		symbol, err := purego.Dlsym(library, name)
		if err != nil {
			return nil, fmt.Errorf("find %s in %s: %w", name, openBLASLibrary, err)
		}
		purego.RegisterFunc(into, symbol)
	}
	setThreads(1)
	if n := threads(); n != 1 {
		return nil, fmt.Errorf("OpenBLAS runs %d threads, not 1", n)
	}
	b.config = config()
	return b, nil
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
