package safetensors

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// A Source is a tensor to be written: Write sends its data, little-endian and
// row-major, to w, as many bytes as shape and dtype say.
type Source struct {
	Info
	Write func(w io.Writer) error
}

// Float32s is a source whose data are in memory.
func Float32s(name string, data []float32, shape ...int) Source {
	return inMemory(name, F32, data, shape)
}

// Uint16s is a source whose data are in memory, of a dtype of two bytes.
func Uint16s(name string, dtype DType, data []uint16, shape ...int) Source {
	return inMemory(name, dtype, data, shape)
}

func inMemory[T float32 | uint16](name string, dtype DType, data []T, shape []int) Source {
	return Source{Info{name, dtype, shape}, func(w io.Writer) error {
		_, err := w.Write(asBytes(data))
		return err
	}}
}

// Write makes a file of the tensors, whole or not at all: it is written under
// another name beside path, synced, and renamed. On an error, a file that was
// at path stays. Data go from their source to the file; nothing of their size is
// held in memory.
func Write(path string, tensors []Source, metadata map[string]string) error {
	if !littleEndian() {
		return ErrByteOrder
	}
	if err := write(path, tensors, metadata); err != nil {
		return fmt.Errorf("write tensors %s: %w", path, err)
	}
	return nil
}

func write(path string, tensors []Source, metadata map[string]string) error {
	infos := make([]Info, len(tensors))
	sources := make(map[string]Source, len(tensors))
	for i, t := range tensors {
		infos[i], sources[t.Name] = t.Info, t
	}
	h, err := layOut(infos)
	if err != nil {
		return err
	}
	h.metadata = metadata
	head, err := h.encode()
	if err != nil {
		return err
	}
	return replace(path, func(w io.Writer) error {
		if _, err := w.Write(head); err != nil {
			return err
		}
		for _, p := range h.places {
			if err := writeData(w, sources[p.Name], p.to-p.from); err != nil {
				return fmt.Errorf("tensor %q: %w", p.Name, err)
			}
		}
		return nil
	})
}

func writeData(w io.Writer, s Source, size int) error {
	counted := &counter{w: w}
	if err := s.Write(counted); err != nil {
		return err
	}
	if counted.n != int64(size) {
		return fmt.Errorf("shape %v of %v has %d bytes, and %d were given", s.Shape, s.DType, size, counted.n)
	}
	return nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// replace writes a file beside path and renames it when it is on the disk.
func replace(path string, write func(io.Writer) error) error {
	dir, name := filepath.Split(path)
	tmp := filepath.Join(dir, fmt.Sprintf(".%s.%08x.tmp", name, rand.Uint32()))
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(f, 1<<20)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return syncDir(filepath.Clean(dir))
}

// syncDir makes the rename last. Windows knows no such thing.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) { // the file system has nothing to sync in a directory
		err = nil
	}
	return errors.Join(err, d.Close())
}
