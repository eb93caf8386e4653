package kernels

import (
	"errors"
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
	if n == 0 {
		return nil
	}
	x := unsafe.Slice((*float32)(unsafe.Pointer(&e.memory(n * 4)[0])), n)
	copy(x, normals(e.rand, n))
	return x
}

// halves are floats rounded to f.
func (e edge) halves(f Format, n int) []uint16 {
	e.t.Helper()
	if n == 0 {
		return nil
	}
	x := unsafe.Slice((*uint16)(unsafe.Pointer(&e.memory(n * 2)[0])), n)
	Portable().Round(x, normals(e.rand, n), f)
	return x
}

// integers are zeros.
func (e edge) integers(n int) []int8 {
	e.t.Helper()
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*int8)(unsafe.Pointer(&e.memory(n)[0])), n)
}

func (e edge) memory(length int) []byte {
	e.t.Helper()
	page := os.Getpagesize()
	size := roundUp(length, page)
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
	return memory[size-length : size]
}

func TestProductsTouchNothingBeyondASlice(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, set := range Supported() {
		e := edge{t: t, rand: rand.New(rand.NewPCG(5, 5))}
		team := NewTeam(set, 1)
		defer team.Close()
		for _, size := range [][3]int{{1, 1, 1}, {12, 32, 9}, {13, 33, 8}, {24, 64, 17}, {5, 47, 24}, {2, 32, 7}, {1, 16, 40}} {
			for flags := range 4 {
				e.products(team, size[0], size[1], size[2], flags&1 != 0, flags&2 != 0)
			}
		}
	}
}

// products multiplies m×k by k×n, one or both transposed, in every format.
func (e edge) products(team *Team, m, n, k int, aT, bT bool) {
	e.t.Helper()
	set := team.Set()
	a, b, c := RowMajor(e.floats(m*k), m, k), RowMajor(e.floats(k*n), k, n), RowMajor(e.floats(m*n), m, n)
	if aT {
		a = RowMajor(a.Data, k, m).Transposed()
	}
	if bT {
		b = RowMajor(b.Data, n, k).Transposed()
	}
	length := set.PackedLen(k, n)
	packed, err := set.Pack(e.floats(length), b)
	e.succeed(err, team.Gemm(2, a, b, 1, c), team.GemmPacked(2, a, packed, 1, c))
	for _, f := range []Format{Float16, BFloat16} {
		half := HalfMatrix{Data: e.halves(f, k*n), Format: f, Rows: k, Cols: n, RowStride: b.RowStride, ColStride: b.ColStride}
		packed, err := set.PackHalfFrom(e.halves(f, length), half)
		rounded, roundErr := set.PackHalf(e.halves(f, length), f, b)
		e.succeed(err, roundErr, team.GemmHalf(2, a, half, 1, c),
			team.GemmPacked(2, a, packed, 1, c), team.GemmPacked(2, a, rounded, 0, c))
	}
	integers, err := set.PackInt8(e.integers(length), e.floats(set.ScalesLen(n)), b)
	e.succeed(err, team.GemmPacked(2, a, integers, 1, c))
}

func (e edge) succeed(errs ...error) {
	e.t.Helper()
	if err := errors.Join(errs...); err != nil {
		e.t.Fatal(err)
	}
}
