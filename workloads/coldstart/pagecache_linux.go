package coldstart

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const canEvict = true

// dropCached asks the kernel to forget the file, which it can only where the
// disk has what was written.
func dropCached(file *os.File) error {
	if err := file.Sync(); err != nil {
		return err
	}
	return os.NewSyscallError("fadvise", unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED))
}

// cachedShare is the part of the pages of the file that are in the page cache.
func cachedShare(file *os.File) (float64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("look at weights: %w", err)
	}
	mapped, err := unix.Mmap(int(file.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return 0, fmt.Errorf("map %s: %w", file.Name(), err)
	}
	defer unix.Munmap(mapped) // fails for no mapping that was made
	page := os.Getpagesize()
	pages := make([]byte, (len(mapped)+page-1)/page)
	_, _, errno := unix.Syscall(unix.SYS_MINCORE,
		uintptr(unsafe.Pointer(&mapped[0])), uintptr(len(mapped)), uintptr(unsafe.Pointer(&pages[0])))
	if errno != 0 {
		return 0, fmt.Errorf("find out what the page cache has of %s: %w", file.Name(), errno)
	}
	cached := 0
	for _, p := range pages {
		cached += int(p & 1)
	}
	return float64(cached) / float64(len(pages)), nil
}
