package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// gemvCase is a product with a matrix in some format.
type gemvCase struct {
	m, n, slack int
	transposed  bool
	format      Format
	alpha, beta float32
	seed        uint64
}

func drawGemv(t *rapid.T) gemvCase {
	size := rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(0, 150))
	long := rapid.OneOf(size, rapid.IntRange(4090, 4140))
	c := gemvCase{
		m: size.Draw(t, "m"), n: long.Draw(t, "n"), slack: rapid.SampledFrom([]int{0, 1, 70}).Draw(t, "slack"),
		transposed: rapid.Bool().Draw(t, "transposed"),
		format:     rapid.SampledFrom([]Format{Float32, Float16, BFloat16}).Draw(t, "format"),
		alpha:      rapid.SampledFrom([]float32{1, 0, -0.5, 3}).Draw(t, "alpha"),
		beta:       rapid.SampledFrom([]float32{0, 1, -2, 0.25}).Draw(t, "beta"),
		seed:       rapid.Uint64().Draw(t, "seed"),
	}
	if rapid.Bool().Draw(t, "tall") {
		c.m, c.n = c.n, c.m
	}
	return c
}

// gemvData is a case with its numbers. x and y have no room behind.
type gemvData struct {
	gemvCase
	a    Matrix // as it is after rounding to the format
	half HalfMatrix
	x, y []float32
}

func (c gemvCase) data() gemvData {
	r := rand.New(rand.NewPCG(c.seed, 0))
	d := gemvData{gemvCase: c, a: view(r, c.m, c.n, c.slack, c.transposed), x: normals(r, c.n), y: normals(r, c.m)}
	if c.format != Float32 {
		d.half, d.a = toHalf(Portable(), d.a, c.format)
	}
	return d
}

// multiplier is a Worker or a Team.
type multiplier interface {
	Gemv(alpha float32, a Matrix, x []float32, beta float32, y []float32) error
	GemvHalf(alpha float32, a HalfMatrix, x []float32, beta float32, y []float32) error
}

// by returns the result in a slice of its own. What beta zero must not read is
// NaN.
func (d gemvData) by(t rapid.TB, by multiplier) []float32 {
	t.Helper()
	y := slices.Clone(d.y)
	if d.beta == 0 {
		y = slices.Repeat([]float32{nan}, d.m)
	}
	var err error
	if d.format == Float32 {
		err = by.Gemv(d.alpha, d.a, d.x, d.beta, y)
	} else {
		err = by.GemvHalf(d.alpha, d.half, d.x, d.beta, y)
	}
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// check compares with the sums in float64.
func (c gemvCase) check(t rapid.TB, set *Set) {
	t.Helper()
	d := c.data()
	got := d.by(t, newWorker(set, 0))
	for i := range c.m {
		var sum, size float64
		for j := range c.n {
			term := d.a.at(i, j) * float64(d.x[j])
			sum += term
			size += math.Abs(term)
		}
		sum, size = sum*float64(c.alpha), size*math.Abs(float64(c.alpha))
		if c.beta != 0 {
			term := float64(c.beta) * float64(d.y[i])
			sum += term
			size += math.Abs(term)
		}
		bound := epsilon * float64(c.n+4) * size
		if diff := math.Abs(float64(got[i]) - sum); !(diff <= bound) {
			t.Fatalf("%+v: element %d is %v, want %v ± %v", c, i, got[i], sum, bound)
		}
	}
}

func TestGemvAgainstFloat64(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		rapid.Check(t, func(t *rapid.T) { drawGemv(t).check(t, set) })
	})
}

// A long row, or a long column, is taken in chunks.
func TestGemvOfSeveralChunks(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		for _, f := range []Format{Float32, Float16, BFloat16} {
			gemvCase{m: 17037, n: 27, transposed: true, format: f, alpha: 1, beta: 0.5}.check(t, set)
			gemvCase{m: 27, n: 17037, format: f, alpha: 1, beta: 0.5}.check(t, set)
		}
	})
}

func FuzzGemv(f *testing.F) {
	f.Add(uint16(1), uint16(1), uint8(0), uint64(1))
	f.Add(uint16(5), uint16(33), uint8(5), uint64(2))
	f.Add(uint16(64), uint16(0), uint8(10), uint64(3))
	f.Add(uint16(131), uint16(67), uint8(63), uint64(4))
	f.Fuzz(func(t *testing.T, m, n uint16, flags uint8, seed uint64) {
		c := gemvCase{
			m: int(m % 300), n: int(n % 300), transposed: flags&1 != 0, format: Format(flags >> 1 % 3),
			slack: int(flags >> 3 & 3), alpha: 1.5, beta: float32(flags >> 5 & 1), seed: seed,
		}
		for _, set := range Supported() {
			c.check(t, set)
		}
	})
}

func TestGemvIsTheSameForAnyThreads(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		for _, f := range []Format{Float32, Float16, BFloat16} {
			for _, transposed := range []bool{false, true} {
				d := gemvCase{m: 901, n: 333, format: f, transposed: transposed, alpha: 0.7, beta: -1.3}.data()
				want := d.by(t, newWorker(set, 0))
				for _, threads := range []int{1, 2, 3, 8} {
					team := NewTeam(set, threads)
					if got := d.by(t, team); !sameBits(got, want) {
						t.Errorf("%s, transposed %v: %d threads differ from a worker alone", f, transposed, threads)
					}
					team.Close()
				}
			}
		}
	})
}

// NaN and Inf must appear in exactly the elements whose sums they are in.
func TestGemvPropagatesNaNAndInf(t *testing.T) {
	t.Parallel()
	const m, n = 39, 35
	forEachSet(t, func(t *testing.T, set *Set) {
		for _, f := range []Format{Float32, Float16, BFloat16} {
			for _, transposed := range []bool{false, true} {
				a := RowMajor(slices.Repeat([]float32{1}, m*n), m, n)
				if transposed {
					a = RowMajor(a.Data, n, m).Transposed()
				}
				a.Data[3*a.RowStride+4*a.ColStride] = nan
				a.Data[38*a.RowStride+34*a.ColStride] = -inf
				d := gemvData{gemvCase: gemvCase{m: m, n: n, format: f, alpha: 1}, a: a, x: slices.Repeat([]float32{0.5}, n)}
				if f != Float32 {
					d.half, _ = toHalf(Portable(), a, f)
				}
				for i, got := range d.by(t, newWorker(set, 0)) {
					want := float32(n) / 2
					switch i {
					case 3:
						want = nan
					case 38:
						want = -inf
					}
					if got != want && !(got != got && want != want) {
						t.Fatalf("%s, transposed %v: element %d is %v, want %v", f, transposed, i, got, want)
					}
				}
				d.x[7] = nan
				for i, got := range d.by(t, newWorker(set, 0)) {
					if got == got {
						t.Fatalf("%s, transposed %v: element %d is %v with a NaN in x", f, transposed, i, got)
					}
				}
			}
		}
	})
}

// With alpha zero nothing is read but y, and with beta zero not even that.
func TestGemvWithoutASum(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		w := newWorker(set, 0)
		a, x := RowMajor(slices.Repeat([]float32{nan}, 6), 2, 3), []float32{nan, nan, nan}
		y := []float32{2, -4}
		if err := w.Gemv(0, a, x, 0.5, y); err != nil || y[0] != 1 || y[1] != -2 {
			t.Errorf("0*a*x + 0.5*y is %v, %v", y, err)
		}
		y = []float32{nan, inf}
		if err := w.Gemv(1, RowMajor(nil, 2, 0), nil, 0, y); err != nil || y[0] != 0 || y[1] != 0 {
			t.Errorf("an empty sum is %v, %v", y, err)
		}
	})
}

func TestGemvRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	team := NewTeam(Portable(), 1)
	defer team.Close()
	w := newWorker(Portable(), 0)
	data, halves := make([]float32, 12), make([]uint16, 12)
	for name, c := range map[string]struct {
		rows, cols, rowStride, colStride, x, y int
		format                                 Format
	}{
		"short x":           {3, 4, 4, 1, 3, 3, Float16},
		"long x":            {3, 4, 4, 1, 5, 3, Float16},
		"short y":           {3, 4, 4, 1, 4, 2, BFloat16},
		"vectors exchanged": {3, 4, 4, 1, 3, 4, Float16},
		"beyond the data":   {4, 4, 4, 1, 4, 4, Float16},
		"no unit stride":    {2, 2, 2, 2, 2, 2, Float16},
		"negative":          {-1, 2, 2, 1, 2, 0, Float16},
		"overflow":          {4, 3, 1, math.MaxInt, 3, 4, Float16},
	} {
		a := Matrix{Data: data, Rows: c.rows, Cols: c.cols, RowStride: c.rowStride, ColStride: c.colStride}
		half := HalfMatrix{Data: halves, Format: c.format, Rows: c.rows, Cols: c.cols, RowStride: c.rowStride, ColStride: c.colStride}
		x, y := make([]float32, c.x), make([]float32, c.y)
		for _, by := range []multiplier{team, w} {
			if by.Gemv(1, a, x, 0, y) == nil || by.GemvHalf(1, half, x, 0, y) == nil {
				t.Errorf("%s: %T gives no error", name, by)
			}
		}
	}
	x, y := make([]float32, 4), make([]float32, 3)
	if err := w.GemvHalf(1, RowMajorHalf(halves, Float32, 3, 4), x, 0, y); err == nil {
		t.Error("halves in float32 give no error")
	}
	if err := w.GemvHalf(1, RowMajorHalf(halves, BFloat16, 4, 3).Transposed(), x, 0, y); err != nil {
		t.Errorf("a product that fits: %v", err)
	}
}

func TestGemvDoesNotAllocate(t *testing.T) {
	for _, set := range Supported() {
		team := NewTeam(set, 2)
		for _, f := range []Format{Float32, Float16, BFloat16} {
			d := gemvCase{m: 300, n: 300, format: f, transposed: f == Float16, alpha: 1, beta: 1}.data()
			call := func() error { return team.Gemv(1, d.a, d.x, 1, d.y) }
			if f != Float32 {
				call = func() error { return team.GemvHalf(1, d.half, d.x, 1, d.y) }
			}
			if got := testing.AllocsPerRun(20, func() {
				if err := call(); err != nil {
					t.Fatal(err)
				}
			}); got != 0 {
				t.Errorf("%s, %s: %v allocations a call", set.Name(), f, got)
			}
		}
		team.Close()
	}
}

// Calls at once on one team have a state each.
func TestGemvFromManyGoroutines(t *testing.T) {
	t.Parallel()
	team := NewTeam(Best(), 2)
	defer team.Close()
	var group sync.WaitGroup
	for seed := range uint64(32) {
		group.Go(func() {
			for _, f := range []Format{Float32, Float16, BFloat16} {
				d := gemvCase{m: 400, n: 130, format: f, transposed: seed%2 == 0, alpha: 1, beta: 2, seed: seed}.data()
				want := d.by(t, newWorker(Best(), 0))
				for range 50 {
					if !sameBits(d.by(t, team), want) {
						t.Errorf("%s: a call beside others differs from one alone", f)
					}
				}
			}
		})
	}
	group.Wait()
}
