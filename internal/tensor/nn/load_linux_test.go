package nn

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

// A mapped model that has been packed is in memory once.
func TestPackReleasesTheMapping(t *testing.T) {
	t.Parallel()
	c, err := Preset("micro")
	if err != nil {
		t.Fatal(err)
	}
	e, a := newEngine(t, 1), tensor.NewArena()
	m := newModel(t, e, tensor.NewArena(), c, ModelOptions{})
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(a, path, LoadOptions{Mmap: true})
	if err != nil {
		t.Fatal(err)
	}
	forward(t, e, loaded, []int32{1, 2, 3}, 1)
	before := residentBytes(t, path)
	if err := loaded.Pack(e, a, kernels.Float32); err != nil {
		t.Fatal(err)
	}
	// The table of embeddings is read where tokens are looked up, all else whole.
	if after := residentBytes(t, path); before < m.Bytes()/2 || after > m.Bytes()/20 {
		t.Errorf("of %d mapped bytes %d were in memory, and %d are after packing", m.Bytes(), before, after)
	}
	if err := loaded.Free(); err != nil {
		t.Error(err)
	}
}

// residentBytes is how much of a mapped file is in this process's memory.
func residentBytes(t *testing.T, path string) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), path+"\n")
	_, after, _ = strings.Cut(after, "\nRss:")
	var kilobytes int64
	if _, err := fmt.Sscan(after, &kilobytes); err != nil || !found {
		t.Fatalf("%s is not in smaps: %v", path, err)
	}
	return kilobytes << 10
}
