package results

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"runx/spec"
	"runx/workloads"
)

func demoHeader() Header {
	return Header{
		Format: Format,
		Params: []ParamColumn{
			{"mode", workloads.Enum}, {"size", workloads.Int}, {"alpha", workloads.Float}, {"warm", workloads.Bool}, {"label", workloads.String},
		},
		Metrics: []string{"latency_ms", "a", "b"},
	}
}

func demoDecoder() *lineDecoder { return &lineDecoder{header: demoHeader(), seen: true} }

// anyFloat draws all that a float64 can be.
func anyFloat() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Float64(),
		rapid.Custom(func(t *rapid.T) float64 { return math.Float64frombits(rapid.Uint64().Draw(t, "bits")) }),
		rapid.Map(rapid.Int64(), func(i int64) float64 { return float64(i) }),
		rapid.SampledFrom([]float64{
			0, math.Copysign(0, -1), 1, -1, 1 << 53, 1<<53 + 2, -1 << 53, 1e15, 1e16, 1e21, 1e22, 123456789012345678,
			math.MaxFloat64, math.SmallestNonzeroFloat64, 0.1, 1e-7, math.NaN(), math.Inf(1), math.Inf(-1), 1 << 63, -1 << 63,
		}),
	)
}

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{"", "\"", "\\", "\n", "\x00", "\u2028", "\xff", "\U0001F600", "\xed\xa0\x80", `{"p":1`}),
	)
}

func anySample() *rapid.Generator[Sample] {
	return rapid.Custom(func(t *rapid.T) Sample {
		s := Sample{
			Point:     rapid.Int64().Draw(t, "point"),
			Round:     rapid.Int().Draw(t, "round"),
			Rep:       rapid.Int().Draw(t, "rep"),
			StartedAt: rapid.Int64().Draw(t, "started_at"),
			Status:    rapid.SampledFrom(statuses[:]).Draw(t, "status"),
			Error:     anyText().Draw(t, "error"),
			Tainted:   anyText().Draw(t, "tainted"),
		}
		if rapid.Bool().Draw(t, "has values") {
			s.Values = rapid.SliceOfN(anyFloat(), 3, 3).Draw(t, "values")
		}
		return s
	})
}

// stored is what a text is read back as: what is not UTF-8 is replaced, byte by
// byte.
func stored(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		b.WriteRune(r)
		s = s[size:]
	}
	return b.String()
}

func sameFloat(a, b float64) bool {
	finite := !math.IsNaN(a) && !math.IsInf(a, 0)
	return finite && math.Float64bits(a) == math.Float64bits(b) || !finite && math.IsNaN(b)
}

func TestSampleLineRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anySample().Draw(t, "sample")
		line := appendSample(nil, &want)
		if !json.Valid(line) || strings.Count(string(line), "\n") != 1 {
			t.Fatalf("not one line of JSON: %q", line)
		}
		d := demoDecoder()
		if err := d.decode(line[:len(line)-1]); err != nil {
			t.Fatalf("decode %q: %v", line, err)
		}
		got := *d.record.Sample
		if len(got.Values) != len(want.Values) {
			t.Fatalf("%d values, want %d", len(got.Values), len(want.Values))
		}
		for i, v := range want.Values {
			if !sameFloat(v, got.Values[i]) {
				t.Fatalf("value %v read as %v", v, got.Values[i])
			}
		}
		want.Values, got.Values = nil, nil
		want.Error, want.Tainted = stored(want.Error), stored(want.Tainted)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

func TestPointLineRoundTrip(t *testing.T) {
	t.Parallel()
	h := demoHeader()
	rapid.Check(t, func(t *rapid.T) {
		p := spec.Point{
			Index: rapid.Int64().Draw(t, "index"),
			ID:    rapid.StringMatching(`[0-9a-f]{16}`).Draw(t, "id"),
			Params: workloads.Values{
				"mode": "naive", "size": rapid.Int().Draw(t, "size"), "alpha": rapid.Float64().Draw(t, "alpha"),
				"warm": rapid.Bool().Draw(t, "warm"), "label": anyText().Draw(t, "label"),
			},
		}
		line, err := appendPoint(nil, p, h.Params)
		if err != nil || !json.Valid(line) {
			t.Fatalf("%q: %v", line, err)
		}
		d := demoDecoder()
		if err := d.decode(line[:len(line)-1]); err != nil {
			t.Fatalf("decode %q: %v", line, err)
		}
		want := []any{"naive", int64(p.Params["size"].(int)), p.Params["alpha"], p.Params["warm"], stored(p.Params["label"].(string))}
		if got := d.record.Point; got.Index != p.Index || got.ID != p.ID || !reflect.DeepEqual(got.Params, want) {
			t.Fatalf("got %+v, want %v", got, want)
		}
	})
}

func TestSampleLineForm(t *testing.T) {
	t.Parallel()
	s := Sample{Point: 17, Round: 2, Rep: 3, StartedAt: 1763910000000000, Status: Failed, Error: "a\"b", Tainted: "steal", Values: []float64{0.0012, math.NaN(), 4096}}
	want := `{"p":17,"r":2,"k":3,"t":1763910000000000,"s":"failed","v":[0.0012,null,4096],"e":"a\"b","x":"steal"}` + "\n"
	if got := string(appendSample(nil, &s)); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	const good = `{"p":1,"r":0,"k":0,"t":5,"s":"ok","v":[1,2,3]}`
	if err := demoDecoder().decode([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, edit := range [][2]string{
		{`}`, ``}, {`}`, `} `}, {`"k":0,`, ``}, {`:1,`, `:01,`}, {`:1,`, `: 1,`}, {`:1,`, `:1.0,`}, {`:1,`, `:-,`}, {`:1,`, `:99999999999999999999,`},
		{`ok`, `fine`}, {`ok`, `o`}, {`[1,2,3]`, `[1,2]`}, {`[1,2,3]`, `[1,2,3,4]`}, {`[1,2,3]`, `[1,2,3,]`}, {`[1,2,3]`, `[1,,3]`},
		{`[1,2,3]`, `[1,2,.3]`}, {`[1,2,3]`, `[1,2,3.]`}, {`[1,2,3]`, `[1,2,3e]`}, {`[1,2,3]`, `[1,2,+3]`}, {`[1,2,3]`, `[1,2,0x3]`},
		{`[1,2,3]`, `[1,2,inf]`}, {`[1,2,3]`, `[1,2,NaN]`}, {`[1,2,3]`, `[1,2,1e999]`}, {`[1,2,3]`, `[1,2,1_0]`}, {`[1,2,3]`, `[1,2,-]`}, {`[1,2,3]`, `[1,2,03]`},
		{`]}`, `],"e":"x}`}, {`]}`, "],\"e\":\"\n\"}"}, {`]}`, `],"e":"\q"}`}, {`]}`, `],"e":"\u12g4"}`}, {`]}`, `],"e":"\u12`}, {`]}`, "],\"e\":\"\xff\"}"},
		{`]}`, "],\"e\":\"\\n\xff\"}"}, {`]}`, `],"x":"a","e":"b"}`}, {`]}`, `],"y":1}`},
	} {
		line := strings.Replace(good, edit[0], edit[1], 1)
		if line == good {
			t.Fatalf("%q changes nothing", edit)
		}
		if err := demoDecoder().decode([]byte(line)); err == nil {
			t.Errorf("accepted %s", line)
		}
	}
	for _, line := range []string{
		``, `{}`, `{"q":1}`, `[]`, `{"point":1,"id":"x","params":[]}`, `{"point":1,"id":"x","params":["naive",1.5,0.5,true,"x"]}`,
		`{"point":1,"id":"x","params":["naive",1,0.5,yes,"x"]}`, `{"point":1,"id":"x","params":["naive",1,0.5,true,"x",1]}`,
		`{"event":1}`, `{"event":"resumed"`, `{"runx":`,
	} {
		if err := demoDecoder().decode([]byte(line)); err == nil {
			t.Errorf("accepted %s", line)
		}
	}
}

// What encoding/json and the hand-written parser both accept they read alike.
func FuzzDecodeSample(f *testing.F) {
	for _, seed := range []string{
		`{"p":1,"r":0,"k":0,"t":5,"s":"ok","v":[1,-2.5e-3,null]}`,
		`{"p":1,"r":0,"k":0,"t":5,"s":"failed","v":[],"e":"\ud83d\ude00\n\u00e4","x":"steal"}`,
		`{"p":1,"r":0,"k":0,"t":5,"s":"timeout","v":[1e400,0,-0],"e":"\ud800"}`,
		`{"point":1,"id":"0123456789abcdef","params":["naive",1,0.5,true,"x"]}`,
		`{"event":"finished","t":1,"status":"complete"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		d := demoDecoder()
		if d.decode(line) != nil || d.record.Sample == nil {
			return
		}
		var want struct {
			P, T int64
			R, K int
			S    Status
			V    []*float64
			E, X string
		}
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", line, err)
		}
		got := d.record.Sample
		if got.Point != want.P || got.StartedAt != want.T || got.Round != want.R || got.Rep != want.K || got.Status != want.S ||
			got.Error != want.E || got.Tainted != want.X || len(got.Values) != len(want.V) {
			t.Fatalf("%q: got %+v, want %+v", line, got, want)
		}
		for i, v := range want.V {
			if v == nil != math.IsNaN(got.Values[i]) || v != nil && *v != got.Values[i] {
				t.Fatalf("%q: value %d is %v", line, i, got.Values[i])
			}
		}
		again := demoDecoder()
		if err := again.decode([]byte(strings.TrimSuffix(string(appendSample(nil, got)), "\n"))); err != nil {
			t.Fatalf("%q is not read back: %v", line, err)
		}
	})
}

func BenchmarkEncodeSample(b *testing.B) {
	s := noopSample()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = appendSample(buf[:0], s)
	}
	b.ReportMetric(float64(len(buf)), "line_bytes")
}

func BenchmarkDecodeSample(b *testing.B) {
	line := appendSample(nil, noopSample())
	line = line[:len(line)-1]
	d := demoDecoder()
	d.header.Metrics = make([]string, 12)
	b.ReportAllocs()
	for b.Loop() {
		if err := d.decode(line); err != nil {
			b.Fatal(err)
		}
	}
}

// noopSample is what a sample of the cheapest workload looks like.
func noopSample() *Sample {
	return &Sample{
		Point: 17, Round: 1234, Rep: 1234, StartedAt: 1_763_910_000_123_456, Status: OK,
		Values: []float64{1.953125e-06, 4096, 2.197265625e-06, 0, 0, 1, 0, 0, 21757952, 0.012345, 123.456, math.NaN()},
	}
}
