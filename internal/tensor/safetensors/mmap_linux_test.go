package safetensors

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"
)

// What is released takes no memory of the process, and is still there.
func TestRelease(t *testing.T) {
	t.Parallel()
	const n = 1 << 20
	data := make([]float32, n)
	data[0], data[n-1] = 1, 2
	path := filepath.Join(t.TempDir(), "file")
	if err := Write(path, []Source{Float32s("before", data, n), Float32s("data", data, n)}, nil); err != nil {
		t.Fatal(err)
	}
	f := open(t, path, Options{Mmap: true})
	before, _ := f.Tensor("before")
	tensor, _ := f.Tensor("data")
	var sum float32
	for _, s := range []Tensor{before, tensor} {
		view, _ := s.Float32s()
		for _, x := range view {
			sum += x
		}
	}
	if resident := residentBytes(t, f.mapped); sum != 6 || resident < 8*n {
		t.Fatalf("%d bytes are resident after all were read, sum %g", resident, sum)
	}
	if err := tensor.Release(); err != nil {
		t.Fatal(err)
	}
	if resident := residentBytes(t, f.mapped); resident < 4*n || resident > 4*n+64<<10 {
		t.Errorf("%d bytes are resident after half of %d was released", resident, 8*n)
	}
	if view, _ := tensor.Float32s(); view[0] != 1 || view[n-1] != 2 {
		t.Error("the data changed")
	}
}

// residentBytes is how much of a mapping is in this process's memory.
func residentBytes(t *testing.T, mapped []byte) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), fmt.Sprintf("%x-", uintptr(unsafe.Pointer(&mapped[0]))))
	_, after, _ = strings.Cut(after, "\nRss:")
	var kilobytes int
	if _, err := fmt.Sscan(after, &kilobytes); err != nil || !found {
		t.Fatalf("the mapping is not in smaps: %v", err)
	}
	return kilobytes << 10
}
