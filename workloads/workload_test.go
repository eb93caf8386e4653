package workloads

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func valid() Workload {
	return Workload{
		Name: "valid", Doc: "Valid is right. It has more to say.",
		Params: []Param{
			{Name: "n", Kind: Int, Default: 2, Min: new(1.0), Max: new(10.0), Doc: "how many"},
			{Name: "x", Kind: Float, Doc: "how much"},
			{Name: "mode", Kind: Enum, Enum: []string{"a", "b"}, Default: "a", Doc: "how"},
		},
		Metrics: []Metric{{Name: "memory_bytes", Better: Lower, Doc: "memory"}},
		Open:    func(context.Context, Env) (Instance, error) { return nil, nil },
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	w := valid()
	if err := w.Validate(); err != nil {
		t.Error(err)
	}
	if got := w.Synopsis(); got != "Valid is right." {
		t.Errorf("synopsis %q", got)
	}
	for want, spoil := range map[string]func(*Workload){
		"the name does not match":                        func(w *Workload) { w.Name = "Not-a-name" },
		"it has no doc":                                  func(w *Workload) { w.Doc = " \n" },
		"it has no Open":                                 func(w *Workload) { w.Open = nil },
		`parameter "n" has no doc`:                       func(w *Workload) { w.Params[0].Doc = "" },
		`parameter "N" does not match`:                   func(w *Workload) { w.Params[0].Name = "N" },
		`parameter "x" is already a parameter`:           func(w *Workload) { w.Params[0].Name = "x" },
		"11 is above the maximum 10":                     func(w *Workload) { w.Params[0].Default = 11 },
		"has the type float64, the kind int has int":     func(w *Workload) { w.Params[0].Default = 2.0 },
		`"c" is not one of a, b`:                         func(w *Workload) { w.Params[2].Default = "c" },
		"an enum lists its values, and only an enum":     func(w *Workload) { w.Params[2].Enum = nil },
		"the kind enum has no range":                     func(w *Workload) { w.Params[2].Min = new(1.0) },
		`kind "list" is unknown`:                         func(w *Workload) { w.Params[1].Kind = "list" },
		`metric "memory_bytes" has no doc`:               func(w *Workload) { w.Metrics[0].Doc = "" },
		"want lower, higher or nothing":                  func(w *Workload) { w.Metrics[0].Better = "faster" },
		`metric "n" is already a parameter`:              func(w *Workload) { w.Metrics[0].Name = "n" },
		`metric "latency_ms" is already a metric that e`: func(w *Workload) { w.Metrics[0].Name = "latency_ms" },
	} {
		w := valid()
		spoil(&w)
		if err := w.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    Kind
		v, want any // want nil: refused
	}{
		{Int, 3, 3}, {Int, 3.0, 3}, {Int, int64(3), 3}, {Int, uint64(3), 3}, {Int, -3, -3},
		{Int, 3.5, nil}, {Int, "3", nil}, {Int, true, nil}, {Int, nil, nil}, {Int, uint64(math.MaxUint64), nil},
		{Int, 1e300, nil}, {Int, math.NaN(), nil}, {Int, math.Inf(1), nil},
		{Float, 3, 3.0}, {Float, 0.5, 0.5}, {Float, "0.5", nil}, {Float, math.NaN(), nil}, {Float, math.Inf(-1), nil},
		{Bool, true, true}, {Bool, 1, nil}, {Bool, "true", nil},
		{String, "x", "x"}, {String, "", ""}, {String, 1, nil},
		{Enum, "a", "a"}, {Enum, "b", nil}, {Enum, 1, nil},
		{"list", 1, nil},
	} {
		p := Param{Name: "p", Kind: c.kind}
		if c.kind == Enum {
			p.Enum = []string{"a"}
		}
		got, err := p.Check(c.v)
		if (err != nil) != (c.want == nil) || (err == nil && got != c.want) {
			t.Errorf("%s of %v (%T): %v (%T), %v; want %v", c.kind, c.v, c.v, got, got, err, c.want)
		}
	}
	p := Param{Name: "p", Kind: Float, Min: new(0.5), Max: new(2.0)}
	for v, ok := range map[float64]bool{0.5: true, 2: true, 0.49: false, 2.01: false} {
		if _, err := p.Check(v); (err == nil) != ok {
			t.Errorf("%v within [0.5, 2]: %v", v, err)
		}
	}
}

// A bound is written as a value of the parameter is.
func TestBoundsInMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind Kind
		v    any
		want string
	}{
		{Int, 0, "0 is below the minimum 1000000"},
		{Int, 3_000_000_000, "3000000000 is above the maximum 2000000000"},
		{Float, 0.0, "0 is below the minimum 1e+06"},
		{Float, 3e9, "3e+09 is above the maximum 2e+09"},
	} {
		p := Param{Name: "p", Kind: c.kind, Min: new(1e6), Max: new(2e9)}
		if _, err := p.Check(c.v); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %q", c.kind, err, c.want)
		}
	}
}

func TestDescriptionsSurviveJSON(t *testing.T) {
	t.Parallel()
	want := valid()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Workload
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want.Open = nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v becomes %+v", want, got)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	type params struct {
		N        int     `param:"n"`
		X        float64 `param:"x"`
		S        string  `param:"s"`
		B        bool    `param:"b"`
		Untagged int
	}
	var got params
	v := Values{"n": 1, "x": 2.5, "s": "three", "b": true, "other": 4}
	if err := v.Decode(&got); err != nil || got != (params{1, 2.5, "three", true, 0}) {
		t.Errorf("%+v, %v", got, err)
	}
	for want, spoil := range map[string]func() error{
		`"x" is not among b, n, s`:                func() error { return Values{"n": 1, "s": "", "b": true}.Decode(&got) },
		`"n" has the type float64, its field int`: func() error { return Values{"n": 1.0}.Decode(&got) },
		"want a pointer to a struct":              func() error { return v.Decode(got) },
	} {
		if err := spoil(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestFormatValueReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "f")
		var back float64
		if err := json.Unmarshal([]byte(FormatValue(f)), &back); err == nil && back != f {
			t.Fatalf("%v is written %s", f, FormatValue(f))
		}
	})
	for want, v := range map[string]any{"1": 1, "0.1": 0.1, "1e+21": 1e21, "true": true, "a b": "a b"} {
		if got := FormatValue(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}

func TestNamePatternIsTheExpression(t *testing.T) {
	t.Parallel()
	written := regexp.MustCompile(NamePattern.String())
	for _, name := range []string{"", "a", "_a", "1a", "a1_", "A", "aB", "a-b", "ä", "a\n", strings.Repeat("a", 63), strings.Repeat("a", 64)} {
		if got, want := NamePattern.MatchString(name), written.MatchString(name); got != want {
			t.Errorf("%q is a name: %t, want %t", name, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-zA-Z0-9_ ]{0,70}`).Draw(t, "name")
		if got, want := NamePattern.MatchString(name), written.MatchString(name); got != want {
			t.Errorf("%q is a name: %t, want %t", name, got, want)
		}
	})
}

func TestUnitOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"latency_ms": "ms", "duration_s": "s", "tokens_per_s": "1/s", "memory_bytes": "bytes", "work_flops": "flops",
		"hit_ratio": "ratio", "ops_count": "count", "t_ns": "ns", "t_us": "us", "loss": "", "ms": "",
	} {
		if got := UnitOf(name); got != want {
			t.Errorf("%s is in %q, want %q", name, got, want)
		}
	}
}

func TestPackageDoc(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"// Package noop measures nothing. It is\n// short.\n//\n//\tcode\npackage noop\n// not this\n": "Measures nothing. It is\nshort.\n\n\tcode",
		"// Does it.\r\n// Well.\r\npackage x\r\n":                                                      "Does it.\nWell.",
		"package x\n":             "",
		"// Package x\npackage x": "",
		"":                        "",
	} {
		if got := PackageDoc(source); got != want {
			t.Errorf("%q gives %q, want %q", source, got, want)
		}
	}
}

func TestRequireMultiple(t *testing.T) {
	t.Parallel()
	if err := RequireMultiple("dim", 512, "heads", 8); err != nil {
		t.Errorf("512 is 64 times 8: error %v", err)
	}
	conflict, ok := errors.AsType[*Conflict](RequireMultiple("dim", 500, "heads", 8))
	if !ok || conflict.Problem != "dim 500 is not a multiple of heads 8" || conflict.Where != "dim % heads == 0" ||
		!slices.Equal(conflict.Params, []string{"dim", "heads"}) {
		t.Errorf("conflict %+v", conflict)
	}
}

func TestRequireMemory(t *testing.T) {
	t.Parallel()
	if err := RequireMemory(1); err != nil {
		t.Errorf("one byte: error %v", err)
	}
	if _, known := AvailableMemory(); !known {
		t.Skip("this system does not tell how much memory is available")
	}
	err := RequireMemory(1 << 70)
	if err == nil || !strings.HasPrefix(err.Error(), "the point needs about 1024 EiB of memory, ") || !strings.Contains(err.Error(), "\nhint: ") {
		t.Errorf("a zettabyte: error %v", err)
	}
}

func TestFormatBytes(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[float64]string{
		0: "0 KiB", 1 << 20: "1 MiB", 1 << 30: "1 GiB", 1.5 * (1 << 30): "1.5 GiB", 1023 << 30: "1023 GiB", 23.01 * (1 << 30): "23.01 GiB",
		80 << 40: "80 TiB", 1 << 70: "1024 EiB",
	} {
		if got := formatBytes(bytes); got != want {
			t.Errorf("%g bytes are %s, want %s", bytes, got, want)
		}
	}
}
