package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestGeneratedFilesAreCurrent(t *testing.T) {
	t.Parallel()
	outputs, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range outputs {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("generated file is missing: %v", err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate in internal/tensor/kernels", path)
		}
	}
}

// Legacy SSE code after a wide instruction is slow until the upper halves are
// cleared, so every kernel clears them before it returns.
func TestEveryReturnClearsTheUpperHalves(t *testing.T) {
	t.Parallel()
	outputs, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	returns := 0
	for path, content := range outputs {
		before := ""
		for line := range strings.Lines(string(content)) {
			line = strings.TrimSpace(line)
			if line == "RET" {
				returns++
				if before != "VZEROUPPER" {
					t.Errorf("%s: RET after %q", path, before)
				}
			}
			before = line
		}
	}
	if returns == 0 {
		t.Error("no kernels are generated")
	}
}
