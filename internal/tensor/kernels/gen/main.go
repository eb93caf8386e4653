// Command gen writes the amd64 kernels of package kernels: for each output an
// assembly file and the Go declarations of its functions. Run it by `go
// generate` in package kernels; the test here fails when a file is stale.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	outputs, err := generate()
	if err == nil {
		err = write(outputs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func write(outputs map[string][]byte) error {
	for path, content := range outputs {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return fmt.Errorf("write generated file: %w", err)
		}
	}
	return nil
}

// generate returns the content of every generated file by its path relative to
// this module.
func generate() (map[string][]byte, error) {
	outputs := map[string][]byte{}
	for _, unit := range []struct {
		dir, pkg, name string
		emit           func(*generator)
	}{
		{"..", "kernels", "product_amd64", (*generator).products},
		{"..", "kernels", "vector_amd64", (*generator).vectors},
		{"..", "kernels", "half_amd64", (*generator).halves},
		{"..", "kernels", "gemv_amd64", (*generator).gemvs},
		{filepath.Join("..", "..", "..", "peers"), "main", "peak_amd64", (*generator).peaks},
	} {
		g := newGenerator()
		unit.emit(g)
		assembly, stubs, err := g.print(unit.pkg)
		if err != nil {
			return nil, fmt.Errorf("generate %s: %w", unit.name, err)
		}
		outputs[filepath.Join(unit.dir, unit.name+".s")] = assembly
		outputs[filepath.Join(unit.dir, unit.name+".go")] = stubs
	}
	return outputs, nil
}

// products emits what matrix products use.
func (g *generator) products() {
	g.ConstraintExpr("amd64")
	for _, f := range []format{float32s(), float16s(), bfloat16s(), int8s()} {
		for _, rows := range []int{1, 2, 3, 4, 6} {
			g.gemmTile(avx2(), rows, 1, f)
		}
		for _, rows := range []int{1, 2, 3, 4, 6, 8, 12} {
			g.gemmTile(avx512(), rows, 1, f)
		}
		g.gemmTile(avx2(), 1, 4, f)
		g.gemmTile(avx2(), 2, 2, f)
		g.gemmTile(avx512(), 1, 4, f)
		g.gemmTile(avx512(), 2, 4, f)
		g.gemmTile(avx512(), 3, 2, f)
		g.gemmTile(avx512(), 4, 2, f)
		if f != float32s() {
			g.expandingTile(avx2(), 6, f)
			g.expandingTile(avx512(), 12, f)
		}
	}
	g.gemmTile(avx2(), 6, 1, scaledFloat32s())
	g.gemmTile(avx512(), 12, 1, scaledFloat32s())
	g.packTranspose8()
	g.packRows(avx2())
	g.packRows(avx512())
}

// peaks emits the loops by which the fused multiply-add peak and the bandwidth of
// reading are measured.
func (g *generator) peaks() {
	g.ConstraintExpr("amd64")
	for _, s := range []isa{avx2(), avx512()} {
		g.peak(s)
		g.peakRead(s)
	}
}

// peak emits n rounds of peakChains independent fused multiply-adds, enough to
// hide their latency.
func (g *generator) peak(s isa) {
	const peakChains = 12
	g.text("peakFMA"+s.name, "func(n int64)")
	n := g.Load(g.Param("n"), g.GP64())
	for _, r := range s.regs[:peakChains+2] {
		g.zero(s, r)
	}
	g.Label("loop")
	for _, chain := range s.regs[:peakChains] {
		g.VFMADD231PS(s.regs[peakChains], s.regs[peakChains+1], chain)
	}
	g.DECQ(n)
	g.JNZ(operand.LabelRef("loop"))
	g.VZEROUPPER()
	g.RET()
}

// generator is an avo context with what every kernel here needs.
type generator struct {
	*build.Context
	problem error
}

func newGenerator() *generator { return &generator{Context: build.NewContext()} }

// check keeps the first error until print.
func (g *generator) check(err error) {
	if g.problem == nil {
		g.problem = err
	}
}

func (g *generator) print(pkg string) (assembly, stubs []byte, err error) {
	if g.problem != nil {
		return nil, nil, g.problem
	}
	file, err := g.Result()
	if err != nil {
		return nil, nil, err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return nil, nil, err
	}
	// No command line in the header: the bytes depend on the emitters alone.
	config := printer.Config{Name: "internal/tensor/kernels/gen", Pkg: pkg}
	if assembly, err = printer.NewGoAsm(config).Print(file); err != nil {
		return nil, nil, err
	}
	stubs, err = printer.NewStubs(config).Print(file)
	return assembly, stubs, err
}

// text begins a function; its labels are its own.
func (g *generator) text(name, signature string) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.SignatureExpr(signature)
}

// zero clears a vector register by an instruction of the base sets, AVX2 or
// AVX-512F.
func (g *generator) zero(s isa, r reg.VecPhysical) {
	if s.lanes == 16 {
		g.VPXORD(r, r, r)
		return
	}
	g.VXORPS(r, r, r)
}

// countedLoop repeats body while n >= step, taking step off n each time; what
// is left in n is less than step.
func (g *generator) countedLoop(label string, n reg.Register, step int, body func()) {
	g.SUBQ(operand.U32(step), n)
	g.JL(operand.LabelRef(label + "_end"))
	g.Label(label)
	body()
	g.SUBQ(operand.U32(step), n)
	g.JGE(operand.LabelRef(label))
	g.Label(label + "_end")
	g.ADDQ(operand.U32(step), n)
}
