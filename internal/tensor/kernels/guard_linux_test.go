package kernels

import (
	"math/rand/v2"
	"os"
	"runtime/debug"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// edge gives slices that end where readable memory ends: the page after them
// cannot be touched, so that one element too many is a fault.
type edge struct {
	t    *testing.T
	rand *rand.Rand
}

func (e edge) floats(n int) []float32 {
	e.t.Helper()
	page := os.Getpagesize()
	size := roundUp(n*4, page)
	memory, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() {
		if err := unix.Munmap(memory); err != nil {
			e.t.Error(err)
		}
	})
	if err := unix.Mprotect(memory[size:], unix.PROT_NONE); err != nil {
		e.t.Fatal(err)
	}
	x := unsafe.Slice((*float32)(unsafe.Pointer(&memory[size-n*4])), n)
	copy(x, normals(e.rand, n))
	return x
}

func TestNothingBeyondASliceIsTouched(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, set := range Supported() {
		e := edge{t: t, rand: rand.New(rand.NewPCG(5, 5))}
		for n := 1; n <= 67; n++ {
			x, dst := e.floats(n), e.floats(n)
			set.Softmax(dst, x)
			set.Scale(dst, x, 2)
		}
		w := newWorker(set, 0)
		for _, size := range [][3]int{{1, 1, 1}, {12, 32, 9}, {13, 33, 8}, {24, 64, 17}, {5, 47, 24}} {
			m, n, k := size[0], size[1], size[2]
			for flags := range 4 {
				a, b := RowMajor(e.floats(m*k), m, k), RowMajor(e.floats(k*n), k, n)
				if flags&1 != 0 {
					a = RowMajor(a.Data, k, m).Transposed()
				}
				if flags&2 != 0 {
					b = RowMajor(b.Data, n, k).Transposed()
				}
				packed, err := set.Pack(e.floats(set.PackedLen(k, n)), b)
				if err != nil {
					t.Fatal(err)
				}
				if err := w.GemmPacked(2, a, packed, 1, RowMajor(e.floats(m*n), m, n)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
