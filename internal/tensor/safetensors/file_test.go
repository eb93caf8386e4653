package safetensors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

func writeFile(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.safetensors")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, path string, o Options) *File {
	t.Helper()
	f, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func floatsOf(t *testing.T, f *File, name string) []float32 {
	t.Helper()
	tensor, ok := f.Tensor(name)
	if !ok {
		t.Fatalf("no tensor %q", name)
	}
	data := make([]float32, tensor.Elements())
	if err := tensor.ReadFloat32s(data); err != nil {
		t.Fatal(err)
	}
	return data
}

// What is written is read, bit for bit, by read and by mmap; the views point
// into the file and are aligned.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		path := filepath.Join(dir, fmt.Sprintf("%08x", rapid.Uint32().Draw(r, "file")))
		defer os.Remove(path)
		metadata := rapid.MapOfN(rapid.String(), rapid.String(), 0, 3).Draw(r, "metadata")
		names := rapid.SliceOfNDistinct(rapid.String().Filter(func(s string) bool { return s != metadataKey }), 0, 6, rapid.ID[string]).Draw(r, "names")
		floats, halves := map[string][]float32{}, map[string][]uint16{}
		var sources []Source
		for _, name := range names {
			shape := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 4).Draw(r, "shape")
			n := Info{Shape: shape}.Elements()
			if dtype := rapid.SampledFrom([]DType{F32, F16, BF16}).Draw(r, "dtype"); dtype == F32 {
				for _, b := range rapid.SliceOfN(rapid.Uint32(), n, n).Draw(r, "bits") {
					floats[name] = append(floats[name], math.Float32frombits(b))
				}
				sources = append(sources, Float32s(name, floats[name], shape...))
			} else {
				halves[name] = rapid.SliceOfN(rapid.Uint16(), n, n).Draw(r, "bits")
				sources = append(sources, Uint16s(name, dtype, halves[name], shape...))
			}
		}
		if err := Write(path, sources, metadata); err != nil {
			r.Fatal(err)
		}
		for _, o := range []Options{{}, {Mmap: true}} {
			f, err := Open(path, o)
			if err != nil {
				r.Fatal(err)
			}
			if !maps.Equal(f.Metadata(), metadata) || len(f.Tensors()) != len(names) {
				r.Fatalf("metadata %q, tensors %v", f.Metadata(), f.Tensors())
			}
			if f.dataStart%8 != 0 {
				r.Fatalf("the data begin at %d, not aligned", f.dataStart)
			}
			for _, s := range sources {
				stored, ok := f.Tensor(s.Name)
				if !ok || stored.DType != s.DType || !slices.Equal(stored.Shape, s.Shape) {
					r.Fatalf("%q: got %+v, want %+v", s.Name, stored.Info, s.Info)
				}
				if s.DType == F32 {
					check(r, o, floats[s.Name], stored.Float32s, stored.ReadFloat32s)
				} else {
					check(r, o, halves[s.Name], stored.Uint16s, stored.ReadUint16s)
				}
			}
			if err := f.Close(); err != nil {
				r.Fatal(err)
			}
		}
	})
}

func check[T float32 | uint16](r *rapid.T, o Options, want []T, view func() ([]T, bool), read func([]T) error) {
	got := make([]T, len(want))
	if err := read(got); err != nil {
		r.Fatal(err)
	}
	if string(asBytes(got)) != string(asBytes(want)) {
		r.Fatalf("read %v, want %v", got, want)
	}
	mapped, ok := view()
	if ok != o.Mmap || ok && string(asBytes(mapped)) != string(asBytes(want)) {
		r.Fatalf("view %v (%t), want %v", mapped, ok, want)
	}
	if ok && uintptr(unsafe.Pointer(unsafe.SliceData(mapped)))%unsafe.Sizeof(T(0)) != 0 {
		r.Fatal("view is not aligned")
	}
}

// Files of others may be unaligned: they are read, not viewed.
func TestUnaligned(t *testing.T) {
	t.Parallel()
	header := `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
	header += strings.Repeat(" ", 7-len(header)%8)
	file := append([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}, header+"\x00\x00\x80?"...)
	f := open(t, writeFile(t, file), Options{Mmap: true})
	tensor, _ := f.Tensor("a")
	if got, ok := tensor.Float32s(); ok {
		t.Errorf("a view of unaligned data: %v", got)
	}
	if got := floatsOf(t, f, "a"); got[0] != 1 {
		t.Errorf("read %v", got)
	}
}

func TestWrongReads(t *testing.T) {
	t.Parallel()
	f := open(t, writeFile(t, []byte(golden)), Options{Mmap: true})
	if _, ok := f.Tensor("c"); ok {
		t.Error("found a tensor that is not there")
	}
	a, _ := f.Tensor("a")
	b, _ := f.Tensor("b")
	if _, ok := a.Float32s(); ok {
		t.Error("F16 as float32")
	}
	if _, ok := b.Uint16s(); ok {
		t.Error("F32 as uint16")
	}
	for _, err := range []error{
		a.ReadFloat32s(make([]float32, 1)), a.ReadUint16s(make([]uint16, 1)), a.ReadUint16s(make([]uint16, 3)),
		a.ReadFloat32s(make([]float32, 2)), b.ReadUint16s(make([]uint16, 6)), b.ReadUint16s(make([]uint16, 12)), b.ReadFloat32s(make([]float32, 5)), b.ReadFloat32s(nil),
	} {
		if err == nil {
			t.Error("a read of the wrong type or length succeeded")
		}
	}
}

// A failed write leaves the file that was there, and nothing beside it.
func TestWriteIsAtomic(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var huge []Source // none of them too large
	for i := range 9 {
		huge = append(huge, Source{Info{fmt.Sprint(i), U8, []int{1<<60 - 1}}, nil})
	}
	for _, tt := range []struct {
		name    string
		sources []Source
		meta    map[string]string
		want    string
	}{
		{"source fails", []Source{Float32s("a", make([]float32, 1<<20), 1<<20), {Info{"b", U8, nil}, func(io.Writer) error { return broken }}}, nil, "broken"},
		{"source too short", []Source{Float32s("a", []float32{1}, 2)}, nil, "has 8 bytes, and 4 were given"},
		{"source too long", []Source{Float32s("a", []float32{1}, 0)}, nil, "has 0 bytes, and 4 were given"},
		{"name twice", []Source{Float32s("a", nil, 0), Uint16s("a", F16, nil, 0)}, nil, "two tensors have the name"},
		{"name of the metadata", []Source{Float32s(metadataKey, nil, 0)}, nil, "cannot have the name"},
		{"name not UTF-8", []Source{Float32s("\xff", nil, 0)}, nil, "cannot have the name"},
		{"metadata not UTF-8", nil, map[string]string{"a": "\xff"}, "UTF-8"},
		{"negative shape", []Source{Float32s("a", nil, -1)}, nil, "can be counted"},
		{"unknown dtype", []Source{Uint16s("a", DType(99), nil, 0)}, nil, "unknown dtype(99)"},
		{"sum too large", huge, nil, "more bytes than can be counted"},
		{"header too long", nil, map[string]string{"a": strings.Repeat("x", maxHeaderBytes)}, "at most 100000000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, []byte(golden))
			if err := Write(path, tt.sources, tt.meta); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			left, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(left) != 1 {
				t.Errorf("left %v (%v)", left, err)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != golden {
				t.Errorf("the file that was there is changed (%v)", err)
			}
		})
	}
}

// A model that is mapped survives that its file is written anew.
func TestReplaceUnderAMapping(t *testing.T) {
	t.Parallel()
	path := writeFile(t, []byte(golden))
	f := open(t, path, Options{Mmap: true})
	b, _ := f.Tensor("b")
	view, _ := b.Float32s()
	if err := Write(path, []Source{Float32s("b", make([]float32, 6), 2, 3)}, nil); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(view, []float32{0, 1, 2, 3, 4, 5}) {
		t.Errorf("the view changed to %v", view)
	}
}

func TestConcurrentReads(t *testing.T) {
	t.Parallel()
	f := open(t, writeFile(t, []byte(golden)), Options{})
	b, _ := f.Tensor("b")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got := make([]float32, 6)
			if err := b.ReadFloat32s(got); err != nil || !slices.Equal(got, []float32{0, 1, 2, 3, 4, 5}) {
				t.Errorf("read %v (%v)", got, err)
			}
		})
	}
	wg.Wait()
}

func TestOpenWhatIsNoFile(t *testing.T) {
	t.Parallel()
	if _, err := Open(filepath.Join(t.TempDir(), "gone"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := Open(t.TempDir(), Options{}); !errors.Is(err, ErrFormat) {
		t.Errorf("a folder: %v", err)
	}
}

// TestInterop is the other side of .ci/weights.py, which names a folder
// with files by the Python package and reads what is made of them.
func TestInterop(t *testing.T) {
	dir := os.Getenv("RUNX_TEST_SAFETENSORS")
	if dir == "" {
		t.Skip("run by .ci/weights.py")
	}
	for _, mmap := range []bool{false, true} {
		f := open(t, filepath.Join(dir, "python.safetensors"), Options{Mmap: mmap})
		var sources []Source
		for _, info := range f.Tensors() {
			tensor, _ := f.Tensor(info.Name)
			if info.DType == F32 {
				data := make([]float32, info.Elements())
				if err := tensor.ReadFloat32s(data); err != nil {
					t.Fatal(err)
				}
				sources = append(sources, Float32s(info.Name, data, info.Shape...))
			} else {
				data := make([]uint16, info.Elements())
				if err := tensor.ReadUint16s(data); err != nil {
					t.Fatal(err)
				}
				sources = append(sources, Uint16s(info.Name, info.DType, data, info.Shape...))
			}
		}
		slices.Reverse(sources) // their order is the file's affair
		if err := Write(filepath.Join(dir, fmt.Sprintf("go-%t.safetensors", mmap)), sources, f.Metadata()); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		File    []byte // base64
		Refused bool
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		f, err := Open(writeFile(t, c.File), Options{})
		if err == nil {
			f.Close()
		}
		if (err != nil) != c.Refused {
			t.Errorf("the reference refuses %q: %t; here: %v", c.File, c.Refused, err)
		}
	}
	fmt.Printf("interop: %d cases\n", len(cases))
}
