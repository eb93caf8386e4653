package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// arguments are what an operation is called with: slices and, for the gradients
// of norms, what the norms return for the first input.
type arguments struct {
	out, in         [][]float32
	mean, rstd, rms float32
	intact          []func() bool
}

// prepared makes arguments out of inputs that were drawn and what outputs begin
// with.
func (op operation) prepared(in [][]float32, start float32) arguments {
	a := arguments{in: in}
	if op.prepare != nil {
		a.in = slices.Clone(in)
		a.in[0] = narrow(op.prepare(widen(in[0])))
	}
	mean, rstd := moments(a.in[0])
	a.mean, a.rstd, a.rms = float32(mean), float32(rstd), float32(rootMeanSquare(a.in[0]))
	n := len(in[0])
	if op.scalar {
		n = 1
	}
	for range op.outputs {
		x, intact := guarded(n)
		for i := range x {
			x[i] = start
		}
		a.out, a.intact = append(a.out, x), append(a.intact, intact)
	}
	return a
}

func widen(x []float32) []float64 {
	wide := make([]float64, len(x))
	for i, e := range x {
		wide[i] = float64(e)
	}
	return wide
}

func narrow(x []float64) []float32 {
	thin := make([]float32, len(x))
	for i, e := range x {
		thin[i] = float32(e)
	}
	return thin
}

func widenAll(x [][]float32) [][]float64 {
	wide := make([][]float64, len(x))
	for i := range x {
		wide[i] = widen(x[i])
	}
	return wide
}

// check calls the operation and compares with its definition.
func (op operation) check(set *Set, a arguments) error {
	in := make([][]float32, len(a.in))
	for i := range in {
		in[i] = slices.Clone(a.in[i])
	}
	want, bound := widenAll(a.out), widenAll(a.out)
	op.want(want, bound, widenAll(in))
	op.call(set, a)
	for i, intact := range a.intact {
		if !intact() {
			return fmt.Errorf("%s of %d elements writes beyond output %d", op.name, len(in[0]), i)
		}
	}
	for k := range a.in {
		if !sameBits(a.in[k], in[k]) {
			return fmt.Errorf("%s of %d elements changes input %d", op.name, len(in[0]), k)
		}
	}
	for k := range want {
		for i, w := range want[k] {
			if got := a.out[k][i]; !within(float64(got), w, bound[k][i]) {
				return fmt.Errorf("%s of %d elements: output %d at %d is %v, want %v ± %v, inputs there %v",
					op.name, len(in[0]), k, i, got, w, bound[k][i], column(in, i))
			}
		}
	}
	return nil
}

func column(in [][]float32, i int) []float32 {
	var c []float32
	for _, x := range in {
		c = append(c, x[i])
	}
	return c
}

// within reports whether a float32 is the value up to the bound: NaN for NaN,
// infinity for what float32 cannot hold.
func within(got, want, bound float64) bool {
	const almostInf = math.MaxFloat32 * (1 - 1e-6)
	switch {
	case math.IsNaN(want):
		return math.IsNaN(got)
	case math.IsNaN(bound) || math.IsInf(bound, 0):
		return true
	case math.IsInf(want, 0):
		return got == want
	case math.Abs(want)+bound >= almostInf && math.IsInf(got, 0):
		return math.Signbit(got) == math.Signbit(want)
	}
	return math.Abs(got-want) <= bound
}

// hostile are values at the edges of float32 and of the exponentials.
var hostile = []float32{
	0, float32(math.Copysign(0, -1)), 1e-45, -1e-45, 1e-38, -1e-38, 1.1754944e-38, 1e-20, -1e-20,
	1, -1, 0.5, -0.5, 1e-7, -1e-7, 5, -5, 9.5, -9.5, 12, -12, 13, -13, 17, -17, 50, -50, 87.3, -87.3, -87.33654, -87.33655,
	88, -88, 88.72283, 88.72284, 88.72285, -88.8, 89, -89, 100, -100, 101, -101, 1e4, -1e4, 1e19, -1e19, 1e30, -1e30,
	math.MaxFloat32, -math.MaxFloat32, inf, -inf, nan,
	math.Float32frombits(0x7f803030), math.Float32frombits(0xffc00a5f), // NaNs that carry something
}

// draw gives the inputs of an operation: normal values of some spread and, where
// the operation stands them, hostile ones among them.
func (op operation) draw(r *rand.Rand, n int, spread, offset float64, hostiles bool) [][]float32 {
	in := make([][]float32, op.inputs)
	for k := range in {
		in[k] = make([]float32, n)
		for i := range in[k] {
			in[k][i] = float32(offset + r.NormFloat64()*spread)
			if hostiles && op.each && r.IntN(3) == 0 {
				in[k][i] = hostile[r.IntN(len(hostile))]
			}
		}
	}
	return in
}

func forEachOperation(t *testing.T, test func(t *testing.T, set *Set, op operation)) {
	t.Parallel()
	for _, set := range Supported() {
		for _, op := range operations() {
			t.Run(set.Name()+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				test(t, set, op)
			})
		}
	}
}

func TestOperationsAgainstFloat64(t *testing.T) {
	forEachOperation(t, func(t *testing.T, set *Set, op operation) {
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.IntRange(0, 300).Draw(t, "n")
			spread := rapid.SampledFrom([]float64{0, 1e-3, 1, 10, 100}).Draw(t, "spread")
			offset := rapid.SampledFrom([]float64{0, 0, -3, 50}).Draw(t, "offset")
			hostiles := rapid.Bool().Draw(t, "hostile values")
			start := rapid.SampledFrom([]float32{0, 1, -7.5, 1e-3}).Draw(t, "start")
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			if err := op.check(set, op.prepared(op.draw(r, n, spread, offset, hostiles), start)); err != nil {
				t.Fatal(err)
			}
		})
		long := op.draw(rand.New(rand.NewPCG(1, 1)), 2*maxChunk+37, 1, 0, false)
		if err := op.check(set, op.prepared(long, 0.5)); err != nil {
			t.Error(err)
		}
	})
}

func TestHostileValuesOneByOne(t *testing.T) {
	forEachOperation(t, func(t *testing.T, set *Set, op operation) {
		if !op.each {
			t.Skip("holds for ordinary rows only")
		}
		for i := range hostile {
			in := make([][]float32, op.inputs)
			for k := range in {
				in[k] = slices.Concat(hostile[i*k%len(hostile):], hostile)[:len(hostile)]
			}
			if err := op.check(set, op.prepared(in, 0)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// The element at any place of any row, in the loop or in the tail, is the one
// that it is by itself.
func TestElementsDoNotDependOnTheirPlace(t *testing.T) {
	forEachOperation(t, func(t *testing.T, set *Set, op operation) {
		if !op.each {
			t.Skip("an element depends on the row")
		}
		r := rand.New(rand.NewPCG(2, 2))
		for n := 1; n < 150; n++ {
			whole := op.prepared(op.draw(r, n, 3, 0, true), 0.5)
			op.call(set, whole)
			for i := range n {
				alone := make([][]float32, op.inputs)
				for k := range alone {
					alone[k] = whole.in[k][i : i+1]
				}
				one := op.prepared(alone, 0.5)
				op.call(set, one)
				for k := range one.out {
					if !sameBits(one.out[k], whole.out[k][i:i+1]) {
						t.Fatalf("element %d of %d is %v, alone %v", i, n, whole.out[k][i], one.out[k][0])
					}
				}
			}
		}
	})
}

func TestResultsMayOverwriteInputs(t *testing.T) {
	forEachOperation(t, func(t *testing.T, set *Set, op operation) {
		if op.adds || op.scalar {
			t.Skip("the result is no such slice")
		}
		for _, n := range []int{1, 7, 33, 129, maxChunk + 9} {
			a := op.prepared(op.draw(rand.New(rand.NewPCG(4, 4)), n, 1, 0, false), 0)
			op.call(set, a)
			for k := range a.in {
				over := make([][]float32, op.inputs)
				for i := range over {
					over[i] = slices.Clone(a.in[i])
				}
				op.call(set, arguments{out: [][]float32{over[k]}, in: over})
				if !sameBits(over[k], a.out[0]) {
					t.Errorf("%d elements, written over input %d: the result is another", n, k)
				}
			}
		}
	})
}

// The definitions themselves: each gradient is the slope of what it is the
// gradient of.
func TestGradientsAreFiniteDifferences(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		if op.of == nil {
			continue
		}
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				n := rapid.IntRange(1, 12).Draw(t, "n")
				spread := rapid.SampledFrom([]float64{0.3, 1, 3}).Draw(t, "spread")
				r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
				checkGradient(t, op, r, n, spread)
			})
		})
	}
}

func checkGradient(t *rapid.T, op operation, r *rand.Rand, n int, spread float64) {
	random := func() []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = r.NormFloat64() * spread
		}
		return x
	}
	var params [][]float64
	for range op.params {
		params = append(params, random())
	}
	dy := random()
	in := append(slices.Clone(params[:op.inputs-1]), dy)
	if op.prepare != nil {
		in[0] = op.prepare(in[0])
	}
	got, bound := make([][]float64, op.outputs), make([][]float64, op.outputs)
	for k := range got {
		got[k], bound[k] = make([]float64, n), make([]float64, n)
	}
	op.want(got, bound, in)
	for k, param := range op.wrt {
		for i := range n {
			want := slopeAt(&params[param][i], func() float64 {
				loss, _ := dot64(op.of(params), dy)
				return loss
			})
			if math.Abs(got[k][i]-want) > 1e-6*(1+math.Abs(want)) {
				t.Fatalf("gradient %d at %d of %d is %v, the difference quotient %v", k, i, n, got[k][i], want)
			}
		}
	}
}

// slopeAt is the derivative of f for x by differences over two distances, so that
// their error is of the fourth order.
func slopeAt(x *float64, f func() float64) float64 {
	const h = 1e-5
	middle := *x
	defer func() { *x = middle }()
	difference := func(h float64) float64 {
		*x = middle + h
		above := f()
		*x = middle - h
		return (above - f()) / (2 * h)
	}
	return (4*difference(h) - difference(2*h)) / 3
}

func TestOperationsAllocateNothing(t *testing.T) {
	for _, set := range Supported() {
		for _, op := range operations() {
			a := op.prepared(op.draw(rand.New(rand.NewPCG(6, 6)), maxChunk+5, 1, 0, false), 0)
			if n := testing.AllocsPerRun(2, func() { op.call(set, a) }); n != 0 {
				t.Errorf("%s/%s allocates %v times", set.Name(), op.name, n)
			}
		}
	}
}

func TestShortSlicesPanic(t *testing.T) {
	forEachOperation(t, func(t *testing.T, set *Set, op operation) {
		const n = 9
		for short := range op.inputs + op.outputs {
			if short == op.outputs || short < op.outputs && op.scalar {
				continue // the length of the others is that of the first input
			}
			a := op.prepared(op.draw(rand.New(rand.NewPCG(7, 7)), n, 1, 0, false), 0)
			if short < op.outputs {
				a.out[short] = a.out[short][:n-1]
			} else {
				a.in[short-op.outputs] = a.in[short-op.outputs][:n-1]
			}
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("slice %d is too short and nobody says so", short)
					}
				}()
				op.call(set, a)
			}()
		}
	})
}

func FuzzOperations(f *testing.F) {
	f.Add(uint8('8'), []byte("00\x80\x7f")) // a NaN that carries something
	for i := range operations() {
		f.Add(uint8(i), binary.LittleEndian.AppendUint64(nil, 0x7f8000003f800000))
		f.Add(uint8(i), []byte("a few words that are numbers, more of them than one vector holds, so that there is a tail"))
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		all := operations()
		op := all[int(which)%len(all)]
		n := min(len(data)/4/op.inputs, 1<<12)
		in := make([][]float32, op.inputs)
		for k := range in {
			in[k] = make([]float32, n)
			for i := range in[k] {
				in[k][i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*(k*n+i):]))
				if !op.each {
					in[k][i] = ordinary(in[k][i])
				}
			}
		}
		for _, set := range Supported() {
			if err := op.check(set, op.prepared(in, 1)); err != nil {
				t.Error(set.Name(), err)
			}
		}
	})
}

// ordinary takes any value to one whose square neither overflows nor underflows.
func ordinary(x float32) float32 {
	if !(x > 1e-10 || x < -1e-10) {
		return 0
	}
	return max(min(x, 1000), -1000)
}
