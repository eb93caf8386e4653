//go:build !linux && !darwin

package safetensors

import (
	"errors"
	"os"
	"runtime"
)

func mapFile(*os.File, int) ([]byte, error) {
	return nil, errors.New("mmap is not supported on " + runtime.GOOS + "\nhint: load by read instead of mmap")
}

func unmap([]byte) error { return nil }

func release([]byte, int, int) error { return nil }
