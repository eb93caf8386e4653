package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"unsafe"
)

// ErrByteOrder is returned on machines whose numbers are big-endian: the data
// of a file are little-endian and are used as they are.
var ErrByteOrder = errors.New("safetensors on a big-endian machine is not supported")

func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }

// Options say how a file is opened.
type Options struct {
	// Mmap maps the file into memory (Linux and macOS), for views without
	// copies. Whoever shortens the file meanwhile ends the process with a
	// SIGBUS at the next look.
	Mmap bool
}

// File is an open file. It may be used by several goroutines at once; Close
// must come after all else.
type File struct {
	path      string
	file      *os.File
	mapped    []byte // all of the file, or nil
	dataStart int64
	header    header
	index     map[string]int
}

// Open reads and checks the header of a file. It refuses, with ErrFormat:
// headers longer than 100 MB or longer than the file, that are not UTF-8, that
// do not begin with {, that are not JSON or nest deeper than 128; keys that
// appear twice, tensors that lack dtype, shape or data_offsets, unknown dtypes,
// numbers that are negative, no integers or beyond an int, metadata that is not
// a map of strings; data with holes or overlaps, lengths that do not fit shape
// and dtype, and a file with fewer or more bytes than its tensors have.
//
// Close ends the use of the file and of every view into it.
func Open(path string, o Options) (*File, error) {
	if !littleEndian() {
		return nil, ErrByteOrder
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open tensors: %w", err)
	}
	f := &File{path: path, file: file}
	if err := f.open(o); err != nil {
		return nil, errors.Join(fmt.Errorf("open tensors %s: %w", path, err), file.Close())
	}
	return f, nil
}

func (f *File) open(o Options) error {
	stat, err := f.file.Stat()
	if err != nil {
		return err
	}
	if !stat.Mode().IsRegular() {
		return fmt.Errorf("%w: not a regular file", ErrFormat)
	}
	if err := f.readHeader(stat.Size()); err != nil {
		return err
	}
	f.index = make(map[string]int, len(f.header.places))
	for i, p := range f.header.places {
		f.index[p.Name] = i
	}
	if !o.Mmap {
		return nil
	}
	if stat.Size() > maxInt {
		return fmt.Errorf("map %d bytes: more than this machine can address", stat.Size())
	}
	f.mapped, err = mapFile(f.file, int(stat.Size()))
	return err
}

func (f *File) readHeader(size int64) error {
	if size < lengthBytes {
		return fmt.Errorf("%w: it has %d bytes, and the length of a header alone takes %d", ErrFormat, size, lengthBytes)
	}
	var length [lengthBytes]byte
	if _, err := f.file.ReadAt(length[:], 0); err != nil {
		return fmt.Errorf("read the length of the header: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeaderBytes || int64(n) > size-lengthBytes {
		return fmt.Errorf("%w: a header of %d bytes, in a file of %d (at most %d are allowed)", ErrFormat, n, size, maxHeaderBytes)
	}
	text := make([]byte, n)
	if _, err := f.file.ReadAt(text, lengthBytes); err != nil {
		return fmt.Errorf("read the header: %w", err)
	}
	f.dataStart = lengthBytes + int64(n)
	h, err := parseHeader(text, size-f.dataStart)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	f.header = h
	return nil
}

// Tensors lists what the file holds, in the order of the data.
func (f *File) Tensors() []Info {
	infos := make([]Info, len(f.header.places))
	for i, p := range f.header.places {
		infos[i] = p.Info
		infos[i].Shape = slices.Clone(p.Shape)
	}
	return infos
}

// Metadata is a copy of the strings under __metadata__.
func (f *File) Metadata() map[string]string { return maps.Clone(f.header.metadata) }

// Close unmaps and closes the file. Views into it must not be used afterwards:
// looking at one ends the process.
func (f *File) Close() error {
	var err error
	if f.mapped != nil {
		err = unmap(f.mapped)
		f.mapped = nil
	}
	if err = errors.Join(err, f.file.Close()); err != nil {
		return fmt.Errorf("close tensors %s: %w", f.path, err)
	}
	return nil
}

// Tensor is one tensor of an open file.
type Tensor struct {
	Info
	f        *File
	from, to int // in the data
}

// Tensor finds a tensor by its name.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.index[name]
	if !ok {
		return Tensor{}, false
	}
	p := f.header.places[i]
	return Tensor{Info: p.Info, f: f, from: p.from, to: p.to}, true
}

// Float32s is the data of a tensor of dtype F32, in the mapped file. It must
// not be written to. It is false where nothing is mapped, the dtype is another,
// or the data are not aligned to 4 bytes (files whose header is not padded).
func (t Tensor) Float32s() ([]float32, bool) {
	if t.DType != F32 {
		return nil, false
	}
	return view[float32](t)
}

// Uint16s is the data of a tensor of dtype F16, BF16, U16 or I16, in the mapped
// file, as Float32s is.
func (t Tensor) Uint16s() ([]uint16, bool) {
	if dtypes[t.DType].bits != 16 {
		return nil, false
	}
	return view[uint16](t)
}

func view[T float32 | uint16](t Tensor) ([]T, bool) {
	if t.f.mapped == nil {
		return nil, false
	}
	data := t.f.mapped[t.f.dataStart:][t.from:t.to]
	var element T
	if len(data) == 0 || uintptr(unsafe.Pointer(&data[0]))%unsafe.Alignof(element) != 0 {
		return nil, len(data) == 0
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&data[0])), len(data)/int(unsafe.Sizeof(element))), true
}

// Release tells the system that the tensor's data in a mapped file will not be
// looked at soon, so that they take no memory of this process. Views stay valid.
func (t Tensor) Release() error {
	if t.f == nil || t.f.mapped == nil {
		return nil
	}
	start := int(t.f.dataStart)
	if err := release(t.f.mapped, start+t.from, start+t.to); err != nil {
		return fmt.Errorf("release tensor %q of %s: %w", t.Name, t.f.path, err)
	}
	return nil
}

// ReadFloat32s copies the data of a tensor of dtype F32 to dst, which must have
// as many elements as the tensor.
func (t Tensor) ReadFloat32s(dst []float32) error {
	return t.read(t.DType == F32, len(dst), asBytes(dst))
}

// ReadUint16s copies the data of a tensor of dtype F16, BF16, U16 or I16 to dst,
// which must have as many elements as the tensor.
func (t Tensor) ReadUint16s(dst []uint16) error {
	return t.read(dtypes[t.DType].bits == 16, len(dst), asBytes(dst))
}

func (t Tensor) read(fits bool, elements int, dst []byte) error {
	if !fits || elements != t.Elements() {
		return fmt.Errorf("read tensor %q, shape %v of %v, as %d elements of %d bytes", t.Name, t.Shape, t.DType, elements, len(dst)/max(elements, 1))
	}
	if t.f.mapped != nil {
		copy(dst, t.f.mapped[t.f.dataStart:][t.from:t.to])
	} else if n, err := t.f.file.ReadAt(dst, t.f.dataStart+int64(t.from)); n < len(dst) {
		return fmt.Errorf("read tensor %q of %s: %w", t.Name, t.f.path, err)
	}
	return nil
}

// asBytes is the memory of a slice.
func asBytes[T float32 | uint16](data []T) []byte {
	var element T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), len(data)*int(unsafe.Sizeof(element)))
}
