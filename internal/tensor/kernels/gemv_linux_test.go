package kernels

import (
	"math/rand/v2"
	"runtime/debug"
	"testing"
)

func TestGemvTouchesNothingBeyondItsSlices(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	lengths := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 63, 64, 65, 100}
	for _, set := range Supported() {
		t.Run(set.Name(), func(t *testing.T) {
			e := edge{t: t, rand: rand.New(rand.NewPCG(6, 6))}
			w := newWorker(set, 0)
			for _, lines := range []int{1, 2, gemvLines, gemvLines + 1} {
				for _, n := range lengths {
					for _, f := range []Format{Float32, Float16, BFloat16} {
						e.gemv(w, f, lines, n, false)
						e.gemv(w, f, lines, n, true)
					}
				}
			}
		})
	}
}

// gemv multiplies by a matrix of so many lines of n elements.
func (e edge) gemv(w *Worker, f Format, lines, n int, transposed bool) {
	e.t.Helper()
	in, out := n, lines
	if transposed {
		in, out = out, in
	}
	x, y := e.floats(in), e.floats(out)
	var err error
	if f == Float32 {
		a := RowMajor(e.floats(lines*n), lines, n)
		if transposed {
			a = a.Transposed()
		}
		err = w.Gemv(2, a, x, 1, y)
	} else {
		a := RowMajorHalf(e.halves(f, lines*n), f, lines, n)
		if transposed {
			a = a.Transposed()
		}
		err = w.GemvHalf(2, a, x, 1, y)
	}
	if err != nil {
		e.t.Fatal(err)
	}
}

func TestConversionsTouchNothingBeyondTheirSlices(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, set := range Supported() {
		t.Run(set.Name(), func(t *testing.T) {
			e := edge{t: t, rand: rand.New(rand.NewPCG(7, 7))}
			for _, f := range halfFormats {
				for n := 1; n < 140; n++ {
					set.Expand(e.floats(n), e.halves(f, n), f)
					set.Round(e.halves(f, n), e.floats(n), f)
				}
			}
		})
	}
}
