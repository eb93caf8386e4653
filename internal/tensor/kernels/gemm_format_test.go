package kernels

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// toHalf is b rounded to f, and what that stands for in float32.
func toHalf(set *Set, b Matrix, f Format) (HalfMatrix, Matrix) {
	half := HalfMatrix{
		Data: make([]uint16, len(b.Data)), Format: f,
		Rows: b.Rows, Cols: b.Cols, RowStride: b.RowStride, ColStride: b.ColStride,
	}
	set.Round(half.Data, b.Data, f)
	value := b
	value.Data = make([]float32, len(b.Data))
	set.Expand(value.Data, half.Data, f)
	return half, value
}

// checkHalves holds every product with b in two bytes to the product with the
// value of b, bit for bit: they only load it in another way. That one is held to
// float64. The seed chooses the format.
func (c productCase) checkHalves(t rapid.TB, set *Set) {
	t.Helper()
	r := rand.New(rand.NewPCG(c.seed, 1))
	a, b := view(r, c.m, c.k, c.slackA, c.aT), view(r, c.k, c.n, c.slack, c.bT)
	before := RowMajor(normals(r, c.m*c.n), c.m, c.n)
	team := NewTeam(set, c.threads)
	defer team.Close()
	f := halfFormats[c.seed%2]
	half, value := toHalf(set, b, f)
	want := before
	want.Data = slices.Clone(before.Data)
	if err := team.Gemm(c.alpha, a, value, c.beta, want); err != nil {
		t.Fatal(err)
	}
	checkProductResult(t, c.seed, c.alpha, a, value, c.beta, before, want)

	length := set.PackedLen(c.k, c.n)
	packed, err := set.PackHalf(make([]uint16, length), f, b)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := set.PackHalfFrom(make([]uint16, length), half)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(packed.halves, copied.halves) {
		t.Fatalf("%s: PackHalf and PackHalfFrom differ", f)
	}
	for name, multiply := range map[string]func(c Matrix) error{
		"GemmHalf":   func(out Matrix) error { return team.GemmHalf(c.alpha, a, half, c.beta, out) },
		"GemmPacked": func(out Matrix) error { return team.GemmPacked(c.alpha, a, packed, c.beta, out) },
		"GemmPacked of one worker": func(out Matrix) error {
			return newWorker(set, 0).GemmPacked(c.alpha, a, packed, c.beta, out)
		},
	} {
		got := before
		got.Data = slices.Clone(before.Data)
		if err := multiply(got); err != nil {
			t.Fatal(err)
		}
		if !sameBits(want.Data, got.Data) {
			t.Fatalf("%s with %s differs from Gemm of %+v", name, f, c)
		}
	}
}

func TestHalvesMultiplyAsTheirValues(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		rapid.Check(t, func(t *rapid.T) { drawProduct(t).checkHalves(t, set) })
		for seed := range uint64(2) {
			productCase{m: 100, n: 70, k: 2*blockDepth + 9, alpha: 1, threads: 2, bT: true, seed: seed}.checkHalves(t, set)
		}
	})
}

func FuzzGemmHalves(f *testing.F) {
	f.Add(uint16(1), uint16(33), uint16(257), uint8(3), uint64(2))
	f.Add(uint16(12), uint16(0), uint16(5), uint8(1), uint64(3))
	f.Add(uint16(97), uint16(31), uint16(0), uint8(6), uint64(4))
	f.Fuzz(func(t *testing.T, m, n, k uint16, flags uint8, seed uint64) {
		c := fuzzedProduct(m, n, k, flags, seed)
		for _, set := range Supported() {
			c.checkHalves(t, set)
		}
	})
}

// A column of the packed factor is what was packed, rounded to its format.
func TestPackedColumn(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		const rows, cols = 37, 70
		b := view(rand.New(rand.NewPCG(4, 4)), rows, cols, 1, true)
		packed, err := set.Pack(make([]float32, set.PackedLen(rows, cols)), b)
		if err != nil {
			t.Fatal(err)
		}
		factors, values := []Packed{packed}, []Matrix{b}
		for _, f := range halfFormats {
			half, value := toHalf(set, b, f)
			packed, err := set.PackHalfFrom(make([]uint16, set.PackedLen(rows, cols)), half)
			if err != nil {
				t.Fatal(err)
			}
			factors, values = append(factors, packed), append(values, value)
		}
		got := make([]float32, rows)
		for i, p := range factors {
			for j := range cols {
				if err := p.Column(j, got); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, values[i].Data[j*values[i].ColStride:][:rows]) {
					t.Fatalf("%s: column %d is %v", p.Format, j, got)
				}
			}
			for _, wrong := range []error{p.Column(-1, got), p.Column(cols, got), p.Column(0, got[1:])} {
				if wrong == nil {
					t.Error("a column that is not there: no error")
				}
			}
		}
	})
}

func TestPackedHalvesRefuseWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	set := Portable()
	half := RowMajorHalf(make([]uint16, 6), Float16, 2, 3)
	data := make([]uint16, 100)
	team := NewTeam(set, 1)
	defer team.Close()
	a, c := RowMajor(make([]float32, 4), 2, 2), RowMajor(make([]float32, 6), 2, 3)
	wrongFormat, short, narrow := half, half, half
	wrongFormat.Format, short.Data, narrow.Rows = Float32, half.Data[:5], 1
	for name, err := range map[string]error{
		"format of PackHalf":     second(set.PackHalf(data, Float32, c)),
		"format of PackedHalfAt": second(set.PackedHalfAt(data, 9, 1, 1)),
		"format of PackHalfFrom": second(set.PackHalfFrom(data, wrongFormat)),
		"negative size":          second(set.PackedHalfAt(data, Float16, -1, 1)),
		"too large a size":       second(set.PackedHalfAt(data, Float16, 1<<40, 1<<40)),
		"short buffer":           second(set.PackHalfFrom(data[:3], half)),
		"short matrix":           second(set.PackHalfFrom(data, short)),
		"format of GemmHalf":     team.GemmHalf(1, a, wrongFormat, 0, c),
		"inner dimension":        team.GemmHalf(1, a, narrow, 0, c),
		"short factor":           team.GemmHalf(1, a, short, 0, c),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, other := range Supported()[1:] {
		packed, err := other.PackHalfFrom(make([]uint16, other.PackedLen(2, 3)), half)
		if err != nil {
			t.Fatal(err)
		}
		if err := team.GemmPacked(1, a, packed, 0, c); err == nil {
			t.Errorf("a factor packed by %s: no error", other.Name())
		}
	}
}
