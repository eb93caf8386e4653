package main

import (
	"bufio"
	"bytes"
	"errors"
	"strings"
	"testing"
)

type discarding struct{ bytes.Buffer }

func (*discarding) Close() error { return nil }

// saying is a worker that gives these answers whatever it is asked.
func saying(lines string) (*torchWorker, *discarding) {
	in := new(discarding)
	return &torchWorker{in: in, out: bufio.NewReader(strings.NewReader(lines))}, in
}

func TestTorchIsAskedInLines(t *testing.T) {
	t.Parallel()
	worker, asked := saying(`{"id": 3}` + "\n" + `{"cpu_ns": 2e9, "wall_ns": 2e9}` + "\n")
	p, err := worker.open("block", []string{"a", "b"}, map[string]any{"eps": 1})
	if err != nil {
		t.Fatal(err)
	}
	if seconds, err := p.calls(7); err != nil || seconds != 2 {
		t.Errorf("%v s, %v, want 2", seconds, err)
	}
	want := `{"files":["a","b"],"open":"block","options":{"eps":1}}` + "\n" + `{"calls":7,"run":3}` + "\n"
	if got := asked.String(); got != want {
		t.Errorf("asked\n%swant\n%s", got, want)
	}
}

func TestTorchOnMoreThreadsIsRefused(t *testing.T) {
	t.Parallel()
	for answer, refused := range map[string]bool{
		`{"cpu_ns": 1.04e9, "wall_ns": 1e9}`: false,
		`{"cpu_ns": 1.9e9, "wall_ns": 1e9}`:  true,
		`{"cpu_ns": 2e6, "wall_ns": 1e6}`:    false, // too short to tell
	} {
		worker, _ := saying(answer + "\n")
		p := program{torch: worker}
		if _, err := p.calls(1); (err != nil) != refused {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

func TestTorchErrors(t *testing.T) {
	t.Parallel()
	for answer, check := range map[string]func(error) bool{
		`{"absent": "no such thing"}`: func(err error) bool {
			return errors.Is(err, errAbsent) && strings.Contains(err.Error(), "no such thing")
		},
		`{"error": "ValueError: x"}`: func(err error) bool {
			return err != nil && !errors.Is(err, errAbsent) && strings.Contains(err.Error(), "ValueError: x")
		},
		`nonsense`: func(err error) bool { return err != nil },
		``:         func(err error) bool { return err != nil },
	} {
		worker, _ := saying(answer + "\n")
		if _, err := worker.ask(map[string]any{"run": 0}); !check(err) {
			t.Errorf("%q: %v", answer, err)
		}
	}
}
