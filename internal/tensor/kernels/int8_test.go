package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// packInt8 packs b, and returns the values for which the integers stand as well.
func packInt8(t rapid.TB, set *Set, b Matrix) (Packed, Matrix) {
	t.Helper()
	packed, err := set.PackInt8(make([]int8, set.PackedLen(b.Rows, b.Cols)), make([]float32, set.ScalesLen(b.Cols)), b)
	if err != nil {
		t.Fatal(err)
	}
	value := RowMajor(make([]float32, b.Rows*b.Cols), b.Cols, b.Rows).Transposed()
	for j := range b.Cols {
		if err := packed.Column(j, value.Data[j*b.Rows:][:b.Rows]); err != nil {
			t.Fatal(err)
		}
	}
	return packed, value
}

// checkInt8 holds products with b in integers to float64 for what they stand for,
// and the ways to compute them to one another, bit for bit.
func (c productCase) checkInt8(t rapid.TB, set *Set) {
	t.Helper()
	r := rand.New(rand.NewPCG(c.seed, 2))
	a, b := view(r, c.m, c.k, c.slackA, c.aT), view(r, c.k, c.n, c.slack, c.bT)
	before := RowMajor(normals(r, c.m*c.n), c.m, c.n)
	packed, value := packInt8(t, set, b)
	team, worker := NewTeam(set, c.threads), newWorker(set, 0)
	defer team.Close()
	want := before
	want.Data = slices.Clone(before.Data)
	if err := worker.GemmPacked(c.alpha, a, packed, c.beta, want); err != nil {
		t.Fatal(err)
	}
	checkInt8Result(t, c, a, value, before, want)
	got := before
	got.Data = slices.Clone(before.Data)
	if err := team.GemmPacked(c.alpha, a, packed, c.beta, got); err != nil {
		t.Fatal(err)
	}
	if !sameBits(want.Data, got.Data) {
		t.Fatalf("a team differs from one worker for %+v", c)
	}
	for i := range c.m { // each row for itself takes other routines
		row := got.block(i, 0, 1, c.n)
		copy(row.Data, before.block(i, 0, 1, c.n).Data[:c.n])
		if err := worker.GemmPacked(c.alpha, a.block(i, 0, 1, c.k), packed, c.beta, row); err != nil {
			t.Fatal(err)
		}
	}
	if !sameBits(want.Data, got.Data) {
		t.Fatalf("rows one by one differ from all at once for %+v", c)
	}
}

// checkInt8Result is checkProductResult with a bound for the roundings that come
// to those of a sum of float32: of the value, and of the product with the scale.
func checkInt8Result(t rapid.TB, c productCase, a, value, before, got Matrix) {
	t.Helper()
	for i := range got.Rows {
		for j := range got.Cols {
			var sum, size float64
			for k := range a.Cols {
				term := a.at(i, k) * value.at(k, j) * float64(c.alpha)
				sum += term
				size += math.Abs(term)
			}
			if c.beta != 0 {
				sum += float64(c.beta) * before.at(i, j)
				size += math.Abs(float64(c.beta) * before.at(i, j))
			}
			bound := epsilon * float64(a.Cols+6) * size
			if diff := math.Abs(got.at(i, j) - sum); !(diff <= bound) {
				t.Fatalf("%+v: element (%d, %d) is %v, want %v ± %v", c, i, j, got.at(i, j), sum, bound)
			}
		}
	}
}

func TestInt8MultipliesAsItsValues(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		rapid.Check(t, func(t *rapid.T) { drawProduct(t).checkInt8(t, set) })
		productCase{m: 100, n: 70, k: 2*blockDepth + 9, alpha: 1, beta: 0.5, threads: 2, bT: true, seed: 1}.checkInt8(t, set)
	})
}

func FuzzGemmInt8(f *testing.F) {
	f.Add(uint16(1), uint16(33), uint16(257), uint8(3), uint64(2))
	f.Add(uint16(12), uint16(0), uint16(5), uint8(1), uint64(3))
	f.Add(uint16(97), uint16(31), uint16(0), uint8(6), uint64(4))
	f.Fuzz(func(t *testing.T, m, n, k uint16, flags uint8, seed uint64) {
		c := fuzzedProduct(m, n, k, flags, seed)
		for _, set := range Supported() {
			c.checkInt8(t, set)
		}
	})
}

// drawColumn is numbers of any size: around one, with a few outliers, all zero,
// below the normal numbers, or any bits that are finite.
func drawColumn(t *rapid.T, n int) []float32 {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 8))
	kind := rapid.IntRange(0, 4).Draw(t, "kind")
	x := normals(r, n)
	for i := range x {
		switch kind {
		case 1:
			x[i] *= float32(math.Exp(3 * r.NormFloat64()))
		case 2:
			x[i] = 0
		case 3:
			x[i] = math.Float32frombits(uint32(r.IntN(1<<16)) | r.Uint32()&signBit)
		case 4:
			bits := r.Uint32()
			x[i] = math.Float32frombits(bits &^ (1 << 23)) // the exponent is not that of Inf
		}
	}
	return x
}

// Half a scale is the error of an element, and the largest of a column is kept.
func TestInt8RoundsWithinHalfAScale(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		rapid.Check(t, func(t *rapid.T) {
			rows, cols := rapid.IntRange(1, 40).Draw(t, "rows"), rapid.IntRange(1, 70).Draw(t, "cols")
			b := RowMajor(make([]float32, rows*cols), cols, rows).Transposed()
			for j := range cols {
				copy(b.Data[j*rows:], drawColumn(t, rows))
			}
			data, scales := slices.Repeat([]int8{99}, set.PackedLen(rows, cols)), slices.Repeat([]float32{nan}, set.ScalesLen(cols))
			packed, err := set.PackInt8(data, scales, b)
			if err != nil {
				t.Fatal(err)
			}
			for j := range roundUp(cols, set.cols) {
				checkInt8Column(t, packed, b, j)
			}
		})
	})
}

func checkInt8Column(t *rapid.T, p Packed, b Matrix, j int) {
	t.Helper()
	integer := func(i int) float64 { return float64(p.ints[p.at(j/p.width, i)+j%p.width]) }
	scale, largest, most := float64(p.scales[j]), 0.0, 0.0
	for i := range b.Rows {
		if j >= b.Cols {
			if integer(i) != 0 || scale != 0 {
				t.Fatalf("column %d fills a panel up with %v times %v", j, integer(i), scale)
			}
			continue
		}
		if off := math.Abs(b.at(i, j) - integer(i)*scale); off > scale/2 { // both products are exact
			t.Fatalf("%v is %v times %v, off by %v", b.at(i, j), integer(i), scale, off)
		}
		largest, most = max(largest, math.Abs(b.at(i, j))), max(most, math.Abs(integer(i)))
	}
	if j < b.Cols && scale != max(float64(float32(largest)/127), 0x1p-126) {
		t.Fatalf("the scale of a column with %v is %v", largest, scale)
	}
	if scale > 0x1p-126 && most != 127 {
		t.Fatalf("the largest integer of column %d is %v", j, most)
	}
}

func TestPackInt8RefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	set := Portable()
	b := RowMajor(make([]float32, 6), 2, 3)
	data, scales := make([]int8, 100), make([]float32, 10)
	short := b
	short.Data = b.Data[:5]
	with := func(x float32) Matrix { return RowMajor([]float32{1, 2, 3, 4, x, 5}, 2, 3) }
	for name, err := range map[string]error{
		"short buffer":   second(set.PackInt8(data[:7], scales, b)),
		"short scales":   second(set.PackInt8(data, scales[:3], b)),
		"short matrix":   second(set.PackInt8(data, scales, short)),
		"negative size":  second(set.PackedInt8At(data, scales, -1, 1)),
		"not a number":   second(set.PackInt8(data, scales, with(nan))),
		"infinite":       second(set.PackInt8(data, scales, with(-inf))),
		"halves of int8": second(set.PackHalf(make([]uint16, 100), Int8, b)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := set.PackInt8(data[:8], scales[:4], b); err != nil {
		t.Errorf("what fits: %v", err)
	}
}
