package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"unsafe"

	"runx/internal/tensor/safetensors"
)

//go:embed worker.py
var workerSource string

const torchHint = "hint: apt-get install --no-install-recommends python3-torch, or name a Python that has PyTorch with -python"

// torchWorker is a peer: PyTorch in a process of its own, on one thread. The
// page of what is said is the head of worker.py.
type torchWorker struct {
	version string
	dir     string // where inputs and outputs are handed over
	files   int
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// openTorch starts the first of the interpreters that has PyTorch.
func openTorch(dir string, interpreters ...string) (*torchWorker, error) {
	var problems []error
	for _, python := range interpreters {
		t, err := startTorch(dir, python)
		if err == nil {
			return t, nil
		}
		problems = append(problems, fmt.Errorf("%s: %w", python, err))
	}
	return nil, errors.Join(problems...)
}

func startTorch(dir, python string) (*torchWorker, error) {
	t := &torchWorker{dir: dir, process: exec.Command(python, "-c", workerSource, "1")}
	// PyTorch's own setting does not bound the BLAS underneath.
	t.process.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1", "PYTHONDONTWRITEBYTECODE=1")
	var err error
	if t.in, err = t.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := t.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	t.out = bufio.NewReader(out)
	if err := t.process.Start(); err != nil {
		return nil, err
	}
	hello, err := t.read()
	if err != nil {
		t.Close()
		return nil, errors.New("it cannot import torch")
	}
	t.version = hello.Torch
	return t, nil
}

// Close ends the process.
func (t *torchWorker) Close() {
	t.in.Close()
	_ = t.process.Wait() // that its input ended is no failure worth telling
}

// answer is what the worker says: one of these.
type answer struct {
	Torch  string  `json:"torch"`
	ID     int     `json:"id"`
	CPU    float64 `json:"cpu_ns"`
	Wall   float64 `json:"wall_ns"`
	Absent string  `json:"absent"`
	Error  string  `json:"error"`
}

// errAbsent is what the installed PyTorch does not have.
var errAbsent = errors.New("absent")

func (t *torchWorker) ask(request any) (answer, error) {
	line, err := json.Marshal(request)
	if err != nil {
		return answer{}, fmt.Errorf("ask PyTorch: %w", err)
	}
	if _, err := t.in.Write(append(line, '\n')); err != nil {
		return answer{}, fmt.Errorf("ask PyTorch: %w", err)
	}
	return t.read()
}

func (t *torchWorker) read() (answer, error) {
	var a answer
	line, err := t.out.ReadBytes('\n')
	if err != nil {
		return a, fmt.Errorf("PyTorch's answer: %w", err)
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return a, fmt.Errorf("PyTorch's answer: %w", err)
	}
	switch {
	case a.Absent != "":
		return a, fmt.Errorf("%w in it: %s", errAbsent, a.Absent)
	case a.Error != "":
		return a, fmt.Errorf("PyTorch: %s", a.Error)
	}
	return a, nil
}

// program is a computation that the worker has prepared.
type program struct {
	torch *torchWorker
	id    int
}

// open prepares a computation on the tensors of files.
func (t *torchWorker) open(kind string, files []string, options map[string]any) (*program, error) {
	a, err := t.ask(map[string]any{"open": kind, "files": files, "options": options})
	return &program{t, a.ID}, err
}

// threadsMost is how many times as much processor time as time on the wall a
// process on one thread may take, given the grain of the clocks.
const threadsMost = 1.05

// calls is that of a side. The time is the process' processor time, which would
// count further threads: there must be none.
func (p *program) calls(n int) (float64, error) {
	a, err := p.torch.ask(map[string]any{"run": p.id, "calls": n})
	if err != nil {
		return 0, err
	}
	const worthwhile = 5e6
	if a.Wall > worthwhile && a.CPU > threadsMost*a.Wall {
		return 0, fmt.Errorf("PyTorch computed on %.2f threads, not 1", a.CPU/a.Wall)
	}
	return a.CPU / 1e9, nil
}

// output is the result of the last call.
func (p *program) output() ([]float32, error) {
	file := p.torch.fresh("raw")
	if _, err := p.torch.ask(map[string]any{"write": p.id, "file": file}); err != nil {
		return nil, err
	}
	defer os.Remove(file)
	data, err := os.ReadFile(file)
	if err != nil || len(data) == 0 {
		return nil, err
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&data[0])), len(data)/4), nil
}

// onTorch is PyTorch as a side: the program of worker.py on the tensors of files
// that were handed over.
func (b *bench) onTorch(name, program string, options map[string]any, files ...string) (side, error) {
	s := side{name: name}
	if b.torch == nil {
		s.missing = errors.New("no PyTorch, install python3-torch")
		return s, nil
	}
	p, err := b.torch.open(program, files, options)
	if errors.Is(err, errAbsent) {
		s.missing = err
		return s, nil
	}
	s.calls, s.output, s.close = p.calls, p.output, p.close
	return s, err
}

// hand writes tensors for PyTorch to read, and returns the file. It lives as
// long as the bench.
func (b *bench) hand(tensors ...safetensors.Source) (string, error) {
	if b.torch == nil {
		return "", nil
	}
	file := b.torch.fresh("safetensors")
	return file, safetensors.Write(file, tensors, nil)
}

// close frees what the computation holds.
func (p *program) close() error {
	_, err := p.torch.ask(map[string]any{"close": p.id})
	return err
}

// fresh is a name that no file has yet.
func (t *torchWorker) fresh(extension string) string {
	t.files++
	return filepath.Join(t.dir, strconv.Itoa(t.files)+"."+extension)
}
