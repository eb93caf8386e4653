package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// golden is what the Python package (version 0.8.0) wrote for
//
//	save({"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.array([1, -2], dtype=np.float16),
//	      "zé\n\"": np.array(7, dtype=np.int64), "empty": np.zeros((0, 3), np.float32)}, metadata={"format": "np"})
const golden = "\x08\x01\x00\x00\x00\x00\x00\x00" +
	`{"__metadata__":{"format":"np"},"zé\n\"":{"dtype":"I64","shape":[],"data_offsets":[0,8]},` +
	`"b":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},"empty":{"dtype":"F32","shape":[0,3],"data_offsets":[32,32]},` +
	`"a":{"dtype":"F16","shape":[2],"data_offsets":[32,36]}}  ` +
	"\x07\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@" +
	"\x00<\x00\xc0"

func goldenSources() []Source {
	seven := Source{Info{"zé\n\"", I64, nil}, func(w io.Writer) error {
		return binary.Write(w, binary.LittleEndian, int64(7))
	}}
	return []Source{
		Uint16s("a", F16, []uint16{0x3c00, 0xc000}, 2),
		Float32s("b", []float32{0, 1, 2, 3, 4, 5}, 2, 3),
		Float32s("empty", nil, 0, 3),
		seven,
	}
}

func TestWritesWhatTheReferenceWrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "golden.safetensors")
	if err := Write(path, goldenSources(), map[string]string{"format": "np"}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != golden {
		t.Errorf("wrote %q\nwant  %q", got, golden)
	}
}

// The same tensors and metadata are the same file.
func TestWritesTheSameTwice(t *testing.T) {
	t.Parallel()
	metadata := map[string]string{}
	for i := range 40 {
		metadata[fmt.Sprint(i)] = "value"
	}
	var files []string
	for range 2 {
		path := filepath.Join(t.TempDir(), "file")
		if err := Write(path, goldenSources(), metadata); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, string(text))
	}
	if files[0] != files[1] {
		t.Error("two files of the same tensors differ")
	}
}

func TestReadsWhatTheReferenceWrites(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{}, {Mmap: true}} {
		f := open(t, writeFile(t, []byte(golden)), o)
		want := []Info{{"zé\n\"", I64, []int{}}, {"b", F32, []int{2, 3}}, {"empty", F32, []int{0, 3}}, {"a", F16, []int{2}}}
		if got := f.Tensors(); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: tensors %v, want %v", o, got, want)
		}
		if got := f.Metadata(); !maps.Equal(got, map[string]string{"format": "np"}) {
			t.Errorf("%+v: metadata %v", o, got)
		}
		if got := floatsOf(t, f, "b"); !reflect.DeepEqual(got, []float32{0, 1, 2, 3, 4, 5}) {
			t.Errorf("%+v: b is %v", o, got)
		}
	}
}

// Each prefix of a file, and a file with more than its tensors, is refused, by
// read and by mmap.
func TestTruncatedAnywhere(t *testing.T) {
	t.Parallel()
	for n := range len(golden) {
		if _, err := Open(writeFile(t, []byte(golden[:n])), Options{Mmap: n%2 == 0}); !errors.Is(err, ErrFormat) {
			t.Fatalf("%d of %d bytes: %v", n, len(golden), err)
		}
	}
	if _, err := Open(writeFile(t, []byte(golden+"\x00")), Options{}); !errors.Is(err, ErrFormat) {
		t.Fatalf("a byte more: %v", err)
	}
}

func TestHostileHeaders(t *testing.T) {
	t.Parallel()
	f32 := func(shape, offsets string) string {
		return fmt.Sprintf(`{"a":{"dtype":"F32","shape":%s,"data_offsets":%s}}`, shape, offsets)
	}
	for _, tt := range []struct {
		name, header string
		data         int
		want         string // empty: accepted
	}{
		{"empty object", `{}`, 0, ""},
		{"trailing spaces", `{}   `, 0, ""},
		{"scalar", f32(`[]`, `[0,4]`), 4, ""},
		{"zero elements", f32(`[0,9223372036854775807]`, `[0,0]`), 0, ""},
		{"any order", `{"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 2, ""},
		{"what a later version adds", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":{"x":[1,-2.5e+3,true,null,"y"]}}}`, 1, ""},
		{"null metadata", `{"__metadata__":null}`, 0, ""},
		{"empty at the place of another", `{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 1, ""},
		{"four bits", `{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}`, 1, ""},

		{"nothing", ``, 0, "does not begin with {"},
		{"leading space", ` {}`, 0, "does not begin with {"},
		{"array", `[]`, 0, "does not begin with {"},
		{"not UTF-8", "{\"a\xff\":1}", 0, "UTF-8"},
		{"two objects", `{}{}`, 0, "follows"},
		{"NUL padding", "{}\x00\x00", 0, "follows"},
		{"no end", `{`, 0, "missing"},
		{"comma at the end", `{"__metadata__":{},}`, 0, "missing"},
		{"deep", `{"a":{"x":` + strings.Repeat("[", 1_000_000), 0, "nest deeper"},
		{"negative shape", f32(`[-1]`, `[0,4]`), 4, "whole number"},
		{"fraction", f32(`[1.0]`, `[0,4]`), 4, "whole number"},
		{"exponent", f32(`[1e0]`, `[0,4]`), 4, "whole number"},
		{"leading zero", f32(`[01]`, `[0,4]`), 4, "whole number"},
		{"negative offset", f32(`[1]`, `[-4,0]`), 0, "whole number"},
		{"beyond int", f32(`[9223372036854775808]`, `[0,4]`), 4, "whole number"},
		{"product overflows", f32(`[4294967296,4294967296]`, `[0,0]`), 0, "can be counted"},
		{"bits overflow", f32(`[2305843009213693952]`, `[0,0]`), 0, "can be counted"},
		{"bits beyond int", f32(`[288230376151711744]`, `[0,0]`), 0, "can be counted"},
		{"number that is none", `{"a":{"x":01}}`, 0, "a value is missing"},
		{"overflow before zero", f32(`[4294967296,4294967296,0]`, `[0,0]`), 0, "can be counted"},
		{"within a byte", `{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}`, 2, "within a byte"},
		{"hole at the start", f32(`[1]`, `[4,8]`), 8, "begins at 4"},
		{"hole", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, 3, "begins at 2"},
		{"overlap", `{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 3, "begins at 1"},
		{"same data", `{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 2, "begins at 0"},
		{"backwards", `{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}`, 0, "begins at 1"},
		{"too long for the shape", f32(`[1]`, `[0,8]`), 8, "do not hold"},
		{"too short for the shape", f32(`[2]`, `[0,4]`), 4, "do not hold"},
		{"beyond the file", f32(`[2]`, `[0,8]`), 4, "the file holds 4"},
		{"bytes of nobody", f32(`[1]`, `[0,4]`), 5, "the file holds 5"},
		{"three offsets", f32(`[1]`, `[0,4,4]`), 4, "3 numbers"},
		{"unknown dtype", `{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}`, 4, "unknown"},
		{"no dtype", `{"a":{"shape":[1],"data_offsets":[0,4]}}`, 4, "dtype is missing"},
		{"no shape", `{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4, "shape is missing"},
		{"no offsets", `{"a":{"dtype":"F32","shape":[1]}}`, 4, "data_offsets is missing"},
		{"tensor twice", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1, "twice"},
		{"tensor twice, escaped", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1, "twice"},
		{"dtype twice", `{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1, "twice"},
		{"metadata twice", `{"__metadata__":{},"__metadata__":{}}`, 0, "twice"},
		{"key of metadata twice", `{"__metadata__":{"a":"","a":""}}`, 0, "twice"},
		{"metadata is no map", `{"__metadata__":"a"}`, 0, "missing"},
		{"metadata of numbers", `{"__metadata__":{"a":1}}`, 0, "missing"},
		{"half a surrogate pair", `{"__metadata__":{"a":"\ud800"}}`, 0, "surrogate"},
		{"wrong surrogate pair", `{"__metadata__":{"a":"\ud800\u0041"}}`, 0, "surrogate"},
		{"lone low surrogate", `{"__metadata__":{"a":"\udc00"}}`, 0, "surrogate"},
		{"unknown escape", `{"__metadata__":{"a":"\x"}}`, 0, "escape"},
		{"control character", "{\"__metadata__\":{\"a\":\"\n\"}}", 0, "control character"},
		{"open string", `{"__metadata__":{"a":"`, 0, "no end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(tt.header))), tt.header...)
			f, err := Open(writeFile(t, append(file, make([]byte, tt.data)...)), Options{})
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want == "":
				f.Close()
			case !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want):
				t.Errorf("got %v, want a message with %q", err, tt.want)
			}
		})
	}
}

// The length of the header is checked before memory is taken for it.
func TestHeaderLengths(t *testing.T) {
	t.Parallel()
	for _, n := range []uint64{3, maxHeaderBytes, maxHeaderBytes + 1, 1 << 62, 1<<63 - 8, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		path := writeFile(t, append(binary.LittleEndian.AppendUint64(nil, n), "{}"...))
		if _, err := Open(path, Options{}); !errors.Is(err, ErrFormat) {
			t.Errorf("a header of %d bytes: %v", n, err)
		}
	}
	long := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(long, binary.LittleEndian.AppendUint64(nil, maxHeaderBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(long, maxHeaderBytes+9); err != nil { // sparse
		t.Fatal(err)
	}
	if _, err := Open(long, Options{}); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "at most 100000000") {
		t.Errorf("a header over the limit: %v", err)
	}
}

// Whatever is accepted is JSON that encoding/json understands in the same way,
// keeps the rules, and is written as it was read.
func FuzzParseHeader(f *testing.F) {
	f.Add([]byte(golden[8:8+264]), int64(36))
	f.Add([]byte(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":[{"y":-1.5e-3}]},"\ud83d\ude00":{"dtype":"BF16","shape":[0],"data_offsets":[1,1]}}`), int64(1))
	f.Add([]byte(`{"__metadata__":{"\u00e9\/":"\t"}} `), int64(0))
	f.Fuzz(func(t *testing.T, text []byte, dataBytes int64) {
		h, err := parseHeader(text, dataBytes)
		if err != nil {
			return
		}
		var keys map[string]json.RawMessage
		if err := json.Unmarshal(text, &keys); err != nil || !utf8.Valid(text) {
			t.Fatalf("accepted what is no JSON: %v", err)
		}
		end := int64(0)
		for _, p := range h.places {
			var same struct {
				DType   string `json:"dtype"`
				Shape   []int  `json:"shape"`
				Offsets [2]int `json:"data_offsets"`
			}
			if err := json.Unmarshal(keys[p.Name], &same); err != nil {
				t.Fatalf("%q: %v", p.Name, err)
			}
			if same.DType != p.DType.String() || !reflect.DeepEqual(same.Shape, p.Shape) || same.Offsets != [2]int{p.from, p.to} || int64(p.from) != end {
				t.Fatalf("read %+v as %+v", same, p)
			}
			end = int64(p.to)
		}
		if end != dataBytes {
			t.Fatalf("accepted %d bytes for %d", dataBytes, end)
		}
		encoded, err := h.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseHeader(encoded[lengthBytes:], dataBytes)
		if err != nil || !reflect.DeepEqual(again.places, h.places) || !maps.Equal(again.metadata, h.metadata) {
			t.Fatalf("wrote %+v, read %+v (%v)", h, again, err)
		}
	})
}
