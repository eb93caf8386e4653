//go:build linux || darwin

package safetensors

import (
	"os"

	"golang.org/x/sys/unix"
)

func mapFile(f *os.File, size int) ([]byte, error) {
	data, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	return data, os.NewSyscallError("mmap", err)
}

func unmap(data []byte) error { return os.NewSyscallError("munmap", unix.Munmap(data)) }

// release takes the whole pages of a range out of this process's memory. The
// next look reads them from the file again.
func release(mapped []byte, from, to int) error {
	page := os.Getpagesize()
	from, to = (from+page-1)/page*page, to/page*page
	if from >= to {
		return nil
	}
	return os.NewSyscallError("madvise", unix.Madvise(mapped[from:to], unix.MADV_DONTNEED))
}
