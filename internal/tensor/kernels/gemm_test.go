package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const epsilon = 1.0 / (1 << 24)

// forEachSet runs a test for every set that this machine has.
func forEachSet(t *testing.T, test func(t *testing.T, set *Set)) {
	for _, set := range Supported() {
		t.Run(set.Name(), func(t *testing.T) {
			t.Parallel()
			test(t, set)
		})
	}
}

// normals are n values of the standard normal distribution.
func normals(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// view returns a rows×cols view of fresh normal values with some slack between
// rows, transposed or not. Elements outside the view are NaN: reading one shows.
func view(r *rand.Rand, rows, cols, slack int, transposed bool) Matrix {
	if transposed {
		return view(r, cols, rows, slack, false).Transposed()
	}
	stride := cols + slack
	m := Matrix{Data: normals(r, max(0, (rows-1)*stride+cols)), Rows: rows, Cols: cols, RowStride: stride, ColStride: 1}
	for i := range m.Data {
		if i%max(stride, 1) >= cols {
			m.Data[i] = float32(math.NaN())
		}
	}
	return m
}

func (m Matrix) at(i, j int) float64 { return float64(m.Data[i*m.RowStride+j*m.ColStride]) }

// checkProductResult compares got with alpha*a*b + beta*before in float64: every
// row if there are few, otherwise some that depend on the seed, and the last.
func checkProductResult(t rapid.TB, seed uint64, alpha float32, a, b Matrix, beta float32, before, got Matrix) {
	t.Helper()
	step := 1 + got.Rows/24
	for i := range got.Rows {
		if i != got.Rows-1 && uint64(i)%uint64(step) != seed%uint64(step) {
			continue
		}
		for j := range got.Cols {
			var sum, size float64
			for k := range a.Cols {
				term := a.at(i, k) * b.at(k, j)
				sum += term
				size += math.Abs(term)
			}
			sum, size = sum*float64(alpha), size*math.Abs(float64(alpha))
			if beta != 0 {
				sum += float64(beta) * before.at(i, j)
				size += math.Abs(float64(beta) * before.at(i, j))
			}
			bound := epsilon * float64(a.Cols+3) * size
			if diff := math.Abs(got.at(i, j) - sum); !(diff <= bound) {
				t.Fatalf("%d×%d×%d alpha %v beta %v: element (%d, %d) is %v, want %v ± %v",
					got.Rows, got.Cols, a.Cols, alpha, beta, i, j, got.at(i, j), sum, bound)
			}
		}
	}
}

type productCase struct {
	m, n, k       int
	aT, bT        bool
	slackA, slack int
	alpha, beta   float32
	threads       int
	seed          uint64
}

func drawProduct(t *rapid.T) productCase {
	size := rapid.IntRange(0, 70)
	return productCase{
		m: size.Draw(t, "m"), n: size.Draw(t, "n"),
		k:  rapid.OneOf(size, rapid.IntRange(blockDepth-2, 2*blockDepth+9)).Draw(t, "k"),
		aT: rapid.Bool().Draw(t, "aT"), bT: rapid.Bool().Draw(t, "bT"),
		slackA: rapid.SampledFrom([]int{0, 1, 500}).Draw(t, "slackA"), slack: rapid.IntRange(0, 3).Draw(t, "slack"),
		alpha:   rapid.SampledFrom([]float32{1, 0, -0.5, 3}).Draw(t, "alpha"),
		beta:    rapid.SampledFrom([]float32{0, 1, -2, 0.25}).Draw(t, "beta"),
		threads: rapid.IntRange(1, 3).Draw(t, "threads"),
		seed:    rapid.Uint64().Draw(t, "seed"),
	}
}

func (c productCase) check(t rapid.TB, set *Set) {
	t.Helper()
	r := rand.New(rand.NewPCG(c.seed, 0))
	a, b := view(r, c.m, c.k, c.slackA, c.aT), view(r, c.k, c.n, c.slack, c.bT)
	before := view(r, c.m, c.n, c.slack, false)
	multiplied := before
	multiplied.Data = slices.Clone(before.Data)
	if c.beta == 0 {
		for i := range multiplied.Data {
			multiplied.Data[i] = float32(math.NaN())
		}
	}
	packedResult := multiplied
	packedResult.Data = slices.Clone(multiplied.Data)

	team := NewTeam(set, c.threads)
	defer team.Close()
	if err := team.Gemm(c.alpha, a, b, c.beta, multiplied); err != nil {
		t.Fatal(err)
	}
	checkProductResult(t, c.seed, c.alpha, a, b, c.beta, before, multiplied)

	packed, err := set.Pack(make([]float32, set.PackedLen(c.k, c.n)), b)
	if err != nil {
		t.Fatal(err)
	}
	teamResult := packedResult
	teamResult.Data = slices.Clone(packedResult.Data)
	if err := newWorker(set, 0).GemmPacked(c.alpha, a, packed, c.beta, packedResult); err != nil {
		t.Fatal(err)
	}
	if err := team.GemmPacked(c.alpha, a, packed, c.beta, teamResult); err != nil {
		t.Fatal(err)
	}
	if !sameBits(multiplied.Data, packedResult.Data) || !sameBits(multiplied.Data, teamResult.Data) {
		t.Fatalf("GemmPacked differs from Gemm of %+v", c)
	}
}

// sameBits compares bit for bit, NaN included.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func TestGemmAgainstFloat64(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		rapid.Check(t, func(t *rapid.T) { drawProduct(t).check(t, set) })
	})
}

func FuzzGemm(f *testing.F) {
	f.Add(uint16(1), uint16(1), uint16(1), uint8(0), uint64(1))
	f.Add(uint16(13), uint16(33), uint16(257), uint8(3), uint64(2))
	f.Add(uint16(12), uint16(0), uint16(5), uint8(1), uint64(3))
	f.Add(uint16(97), uint16(31), uint16(0), uint8(6), uint64(4))
	f.Fuzz(func(t *testing.T, m, n, k uint16, flags uint8, seed uint64) {
		c := fuzzedProduct(m, n, k, flags, seed)
		for _, set := range Supported() {
			c.check(t, set)
		}
	})
}

func fuzzedProduct(m, n, k uint16, flags uint8, seed uint64) productCase {
	return productCase{
		m: int(m % 130), n: int(n % 130), k: int(k % 600), aT: flags&1 != 0, bT: flags&2 != 0,
		slackA: int(flags>>5) * 70, slack: int(flags >> 6), alpha: 1.5, beta: float32(flags >> 2 & 1),
		threads: 1 + int(flags>>3&1), seed: seed,
	}
}

// A right factor that does not fit the buffer is packed in several rounds.
func TestGemmWiderThanOneBlock(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		productCase{m: 5, n: 537, k: packedDepth + 19, alpha: 1, beta: 1, threads: 2, seed: 5}.check(t, set)
	})
}

func TestProductsAreTheSameForAnyThreads(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		for _, m := range []int{1, 5, 203} {
			checkThreads(t, set, m, 333, 300)
		}
	})
}

// checkThreads compares all kinds of products on some threads with one thread.
func checkThreads(t *testing.T, set *Set, m, n, k int) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	a, b, c := view(r, m, k, 0, false), view(r, k, n, 0, true), view(r, m, n, 0, false)
	half, _ := toHalf(set, b, Float16)
	packed, err := set.PackHalfFrom(make([]uint16, set.PackedLen(k, n)), half)
	if err != nil {
		t.Fatal(err)
	}
	integers, _ := packInt8(t, set, b)
	for name, multiply := range map[string]func(t *Team, c Matrix) error{
		"Gemm":               func(t *Team, c Matrix) error { return t.Gemm(0.7, a, b, -1.3, c) },
		"GemmHalf":           func(t *Team, c Matrix) error { return t.GemmHalf(0.7, a, half, -1.3, c) },
		"GemmPacked":         func(t *Team, c Matrix) error { return t.GemmPacked(0.7, a, packed, -1.3, c) },
		"GemmPacked of int8": func(t *Team, c Matrix) error { return t.GemmPacked(0.7, a, integers, -1.3, c) },
	} {
		var first []float32
		for _, threads := range []int{1, 2, 3, 8} {
			team := NewTeam(set, threads)
			got := c
			got.Data = slices.Clone(c.Data)
			if err := multiply(team, got); err != nil {
				t.Fatal(err)
			}
			team.Close()
			if first == nil {
				first = got.Data
			}
			if !sameBits(first, got.Data) {
				t.Errorf("%s of %d rows: %d threads differ from 1", name, m, threads)
			}
		}
	}
}

// A product is split when it is worth it: a small one does not wake anybody, of
// one with a single row every thread gets some panels.
func TestPartsOfAProduct(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		team := NewTeam(set, 4)
		defer team.Close()
		for _, c := range []struct{ m, n, k, least, most int }{
			{16, 16, 16, 1, 1},
			{1, 64, 64, 1, 1},
			{96, 40, 8, 1, 1},
			{1, 4096, 4096, 16, 64},
			{4096, 64, 512, 32, 200},
			{300, 2000, 100, 16, 200},
		} {
			p := product{c: single(Matrix{Rows: c.m, Cols: c.n}), packed: Packed{Rows: c.k, Cols: c.n, width: set.cols}}
			p.split(team, 1)
			if got := p.parts(1); got < c.least || got > c.most {
				t.Errorf("%d×%d×%d has %d parts, want %d to %d", c.m, c.n, c.k, got, c.least, c.most)
			}
		}
	})
}

// A row of a factor touches its row of the result alone, so NaN and Inf must
// appear exactly there.
func TestGemmPropagatesNaNAndInf(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		const m, n, k = 29, 35, 20
		r := rand.New(rand.NewPCG(1, 2))
		a, b := view(r, m, k, 0, false), view(r, k, n, 0, false)
		for i := range b.Data {
			b.Data[i] = 1
		}
		a.Data[3*k+4] = float32(math.NaN())
		a.Data[28*k] = float32(math.Inf(-1))
		c := RowMajor(make([]float32, m*n), m, n)
		team := NewTeam(set, 2)
		defer team.Close()
		if err := team.Gemm(1, a, b, 0, c); err != nil {
			t.Fatal(err)
		}
		for i := range m {
			for j := range n {
				switch got := c.at(i, j); {
				case i == 3 && !math.IsNaN(got), i == 28 && !math.IsInf(got, -1):
					t.Fatalf("element (%d, %d) is %v", i, j, got)
				case i != 3 && i != 28 && (math.IsNaN(got) || math.IsInf(got, 0)):
					t.Fatalf("element (%d, %d) is %v", i, j, got)
				}
			}
		}
	})
}

func TestGemmRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	data := make([]float32, 12)
	good := RowMajor(data, 3, 4)
	out := RowMajor(make([]float32, 9), 3, 3)
	team := NewTeam(Portable(), 1)
	defer team.Close()
	for name, c := range map[string]struct{ a, b, c Matrix }{
		"inner dimensions":  {good, good, out},
		"outer dimensions":  {good, good.Transposed(), RowMajor(data, 3, 4)},
		"short slice":       {Matrix{Data: data[:11], Rows: 3, Cols: 4, RowStride: 4, ColStride: 1}, good.Transposed(), out},
		"no unit stride":    {Matrix{Data: data, Rows: 2, Cols: 2, RowStride: 2, ColStride: 2}, good, out},
		"negative":          {Matrix{Data: data, Rows: -1, Cols: 4, RowStride: 4, ColStride: 1}, good, out},
		"overflow":          {good, Matrix{Data: data, Rows: 4, Cols: 3, RowStride: 1, ColStride: math.MaxInt}, out},
		"columns as output": {good, good.Transposed(), out.Transposed()},
		"rows overlap":      {good, good.Transposed(), Matrix{Data: data, Rows: 3, Cols: 3, RowStride: 1, ColStride: 1}},
	} {
		if err := team.Gemm(1, c.a, c.b, 0, c.c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := team.Gemm(1, good, good.Transposed(), 0, out); err != nil {
		t.Errorf("a product that fits: %v", err)
	}
}

func TestPackedRanges(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		r := rand.New(rand.NewPCG(11, 0))
		const m, k, n = 9, 40, 100
		a, b := view(r, m, k, 0, false), view(r, k, n, 0, true)
		packed, err := set.Pack(make([]float32, set.PackedLen(k, n)), b)
		if err != nil {
			t.Fatal(err)
		}
		firstCol := set.ColStep()
		part, err := packed.ColRange(firstCol, n-3)
		if err == nil {
			part, err = part.RowRange(7, 31)
		}
		if err != nil {
			t.Fatal(err)
		}
		a, b = a.block(0, 7, m, 24), b.block(7, firstCol, 24, n-3-firstCol)
		c := RowMajor(make([]float32, m*b.Cols), m, b.Cols)
		if err := newWorker(set, 0).GemmPacked(1, a, part, 0, c); err != nil {
			t.Fatal(err)
		}
		checkProductResult(t, 0, 1, a, b, 0, c, c)
		checkInt8Ranges(t, set, view(r, m, k, 0, false), view(r, k, n, 0, true))
		for name, err := range map[string]error{
			"columns inside a panel": second(packed.ColRange(1, 5)),
			"columns beyond the end": second(packed.ColRange(0, n+1)),
			"columns of no factor":   second(Packed{}.ColRange(0, 0)),
			"rows backwards":         second(packed.RowRange(5, 4)),
			"short buffer":           second(set.Pack(make([]float32, 3), b)),
		} {
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})
}

// checkInt8Ranges multiplies by a range of columns and rows of b in integers.
func checkInt8Ranges(t *testing.T, set *Set, a, b Matrix) {
	t.Helper()
	packed, value := packInt8(t, set, b)
	part, err := packed.ColRange(set.ColStep(), b.Cols-3)
	if err == nil {
		part, err = part.RowRange(7, 31)
	}
	if err != nil {
		t.Fatal(err)
	}
	a, value = a.block(0, 7, a.Rows, 24), value.block(7, set.ColStep(), 24, b.Cols-3-set.ColStep())
	c := RowMajor(make([]float32, a.Rows*value.Cols), a.Rows, value.Cols)
	if err := newWorker(set, 0).GemmPacked(1, a, part, 0, c); err != nil {
		t.Fatal(err)
	}
	checkInt8Result(t, productCase{alpha: 1}, a, value, c, c)
}

func second(_ Packed, err error) error { return err }

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	team := NewTeam(Best(), 2)
	defer team.Close()
	r := rand.New(rand.NewPCG(1, 1))
	const n = 70
	a, b, c := view(r, n, n, 0, false), view(r, n, n, 0, true), view(r, n, n, 0, false)
	half, _ := toHalf(team.Set(), b, BFloat16)
	packed, err := team.Set().PackHalfFrom(make([]uint16, team.Set().PackedLen(n, n)), half)
	if err != nil {
		t.Fatal(err)
	}
	integers, _ := packInt8(t, team.Set(), b)
	for name, multiply := range map[string]func() error{
		"Gemm":               func() error { return team.Gemm(1, a, b, 0, c) },
		"GemmHalf":           func() error { return team.GemmHalf(1, a, half, 0, c) },
		"GemmPacked":         func() error { return team.GemmPacked(1, a, packed, 0, c) },
		"GemmPacked of int8": func() error { return team.GemmPacked(1, a, integers, 0, c) },
		"GemmBatch":          func() error { return team.GemmBatch(1, single(a), single(b), 0, single(c)) },
	} {
		if got := testing.AllocsPerRun(20, func() {
			if err := multiply(); err != nil {
				t.Fatal(err)
			}
		}); got != 0 {
			t.Errorf("%s allocates %v times a call", name, got)
		}
	}
}

// A worker that has nothing to do holds no memory of a caller, also where the last
// rows of a product had fewer blocks than those before.
func TestWorkerKeepsNoMemoryOfACaller(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		const rows, n = leftRows + 1, 20
		r := rand.New(rand.NewPCG(1, 1))
		a, b, c := view(r, rows, n, 0, false), view(r, n, n, 0, false), view(r, rows, n, 0, false)
		packed, err := set.Pack(make([]float32, set.PackedLen(n, n)), b)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorker(set, 0)
		if err := w.GemmPacked(1, a, packed, 0, c); err != nil {
			t.Fatal(err)
		}
		for i, block := range w.blocks[:cap(w.blocks)] {
			if block.data != nil {
				t.Errorf("block %d still refers to %d elements", i, len(block.data))
			}
		}
	})
}

// What fills the last panel up is zero, not what the buffer held: a subnormal
// number there would slow the product down on some processors.
func TestPackFillsUpWithZeros(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		const rows, cols = 11, 37
		for _, transposed := range []bool{false, true} {
			b := view(rand.New(rand.NewPCG(1, 1)), rows, cols, 2, transposed)
			buffer := slices.Repeat([]float32{nan}, set.PackedLen(rows, cols))
			packed, err := set.Pack(buffer, b)
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range buffer {
				panel, row, col := i/(rows*packed.width), i/packed.width%rows, i%packed.width
				want := 0.0
				if j := panel*packed.width + col; j < cols {
					want = b.at(row, j)
				}
				if float64(got) != want {
					t.Fatalf("transposed %v: panel %d row %d column %d is %v, want %v", transposed, panel, row, col, got, want)
				}
			}
		}
	})
}
