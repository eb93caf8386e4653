// Command peers measures the embedded engine against OpenBLAS, PyTorch and the
// limits of the machine, and prints one table with ratios. Run it in this folder:
//
//	go run .
//
// A ratio is of speeds, ours by the peer's: above 1 we are faster. It is the
// median over rounds in which both take turns. Times on one thread are
// processor time: the calling thread's for us and OpenBLAS, the process' for
// PyTorch, which must have kept to one thread. Times on two threads are of the
// clock on the wall, so nothing else should run then. The figures are those the
// engine has to reach; with -check, missing one is an error.
//
// What is not installed cannot be compared with: OpenBLAS (Debian:
// libopenblas0-pthread) or PyTorch (python3-torch, or -python). Its rows say so
// and the program succeeds, but it fails where CI is set to true.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 9, "measured rounds of each comparison")
	flag.BoolVar(&o.check, "check", false, "fail if a figure is missed")
	flag.StringVar(&o.python, "python", "", "the Python that has PyTorch (default: python3, /usr/bin/python3)")
	flag.StringVar(&o.only, "only", "", "measure the groups whose title matches this regular expression")
	flag.Parse()
	o.rounds = max(o.rounds, 1)
	runtime.LockOSThread()
	runtime.GOMAXPROCS(1)
	if err := run(os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

type options struct {
	rounds       int
	check        bool
	python, only string
}

// group is a part of the table.
type group struct {
	title string
	rows  func(*bench) ([]row, error)
}

var groups = []group{
	{"matrix products, one thread", productRows},
	{"packed and half-precision factors, one thread", packedRows},
	{"matrix-vector products, one thread", gemvRows},
	{"matrix products, two threads", threadRows},
	{"attention, 8 heads × 2048 × 64, one thread", attentionRows},
	{"attention, peak of the arena", memoryRows},
	{"operations on rows and elements, one thread", sliceRows},
	{"operations of a pass, one thread", passRows},
	{"decoder blocks, one thread", blockRows},
	{"gradients of a gpt2-small block, one thread", trainRows},
	{"gpt2-small, one thread", modelRows},
}

func run(out io.Writer, o options) error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return fmt.Errorf("-only %q: %w", o.only, err)
	}
	b, err := newBench(o)
	if err != nil {
		return err
	}
	defer b.close()
	b.describe(out)
	var all []row
	for _, g := range groups {
		if !only.MatchString(g.title) {
			continue
		}
		rows, err := g.rows(b)
		if err != nil {
			return err
		}
		if err := printRows(out, g.title, rows); err != nil {
			return err
		}
		all = append(all, rows...)
	}
	if err := printVerdict(out, all); err != nil && o.check {
		return err
	}
	return nil
}

// bench is what the groups measure with.
type bench struct {
	rounds int
	dir    string // for files that are gone afterwards
	set    *kernels.Set
	team   *kernels.Team // of one thread
	engine *tensor.Engine
	peak   float64 // floating-point operations a second
	blas   *openBLAS
	torch  *torchWorker
	// noBLAS and noTorch say why there is none.
	noBLAS, noTorch error
}

func newBench(o options) (*bench, error) {
	b := &bench{rounds: o.rounds, set: kernels.Best()}
	b.team = kernels.NewTeam(b.set, 1)
	var err error
	if b.engine, err = tensor.NewEngine(1); err != nil {
		return nil, err
	}
	if b.peak, err = peakFlops(); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("", "runx-peers-"); err != nil {
		return nil, fmt.Errorf("make a folder for tensors: %w", err)
	}
	b.blas, b.noBLAS = openPeer()
	interpreters := []string{"python3", "/usr/bin/python3"}
	if o.python != "" {
		interpreters = []string{o.python}
	}
	b.torch, b.noTorch = openTorch(b.dir, interpreters...)
	if err := b.missing(); err != nil && os.Getenv("CI") == "true" {
		b.close()
		return nil, err
	}
	return b, nil
}

// missing is the error of a machine that lacks a peer, with the cure.
func (b *bench) missing() error {
	var problems []error
	if b.noBLAS != nil {
		problems = append(problems, fmt.Errorf("%w\n%s", b.noBLAS, openBLASHint))
	}
	if b.noTorch != nil {
		problems = append(problems, fmt.Errorf("no PyTorch: %w\n%s", b.noTorch, torchHint))
	}
	return errors.Join(problems...)
}

// describe says what is compared.
func (b *bench) describe(out io.Writer) {
	fmt.Fprintf(out, "kernels: %s, fused multiply-add peak: %.1f GFLOP/s\n", b.engine.Kernels(), b.peak/1e9)
	if b.blas != nil {
		fmt.Fprintln(out, b.blas.config())
	}
	if b.torch != nil {
		fmt.Fprintln(out, "PyTorch", b.torch.version)
	}
	if err := b.missing(); err != nil {
		fmt.Fprintln(out, "skipped:", err)
	}
}

func (b *bench) close() {
	if b.torch != nil {
		b.torch.Close()
	}
	b.team.Close()
	b.engine.Close()
	os.RemoveAll(b.dir)
}

// onBLAS is OpenBLAS as a side, on this thread.
func (b *bench) onBLAS(call func(*openBLAS)) side {
	if b.blas == nil {
		return side{name: "OpenBLAS", missing: errors.New("no OpenBLAS, install libopenblas0-pthread")}
	}
	return onThread("OpenBLAS", func() error { call(b.blas); return nil })
}
