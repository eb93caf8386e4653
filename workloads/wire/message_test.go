package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/workloads"
)

// Every example of the protocol is a message as the code knows it, with no key
// that it does not know.
func TestProtocolExamples(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for i, part := range strings.Split(string(text), "```") {
		example, isJSON := strings.CutPrefix(part, "json\n")
		if i%2 == 0 || !isJSON {
			continue
		}
		for line := range strings.Lines(example) {
			var message any = &reply{}
			if strings.Contains(line, `"type":`) {
				message = &request{}
			}
			decoder := json.NewDecoder(strings.NewReader(line))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(message); err != nil {
				t.Errorf("%s%v", line, err)
			}
			examples++
		}
	}
	if examples < 10 {
		t.Errorf("%d examples found", examples)
	}
}

func TestParamsKeepTheirTypes(t *testing.T) {
	t.Parallel()
	value := rapid.OneOf(
		rapid.Int().AsAny(), rapid.Bool().AsAny(), rapid.String().AsAny(),
		rapid.Float64().Filter(func(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }).AsAny())
	rapid.Check(t, func(t *rapid.T) {
		want := params(rapid.MapOf(rapid.StringMatching(`[a-z][a-z0-9_]{0,9}`), value).Draw(t, "params"))
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got params
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%#v becomes %s and then %#v", want, text, got)
		}
	})
	if _, err := json.Marshal(params{"x": math.Inf(1)}); err == nil {
		t.Error("infinity can be sent")
	}
}

func TestRowsKeepTheirValues(t *testing.T) {
	t.Parallel()
	w := fakes()[0]
	metrics := workloads.SampleMetrics(w, nil)
	names := workloads.NewRecorder(w, nil, &workloads.Monitor{}).Names()
	rapid.Check(t, func(t *rapid.T) {
		want := workloads.Row{
			StartedAt: rapid.Int64Range(-1<<53+1, 1<<53-1).Draw(t, "started at"),
			Tainted:   rapid.String().Draw(t, "tainted"),
			Values:    rapid.SliceOfN(rapid.Float64(), len(names), len(names)).Draw(t, "values"),
		}
		r := workloads.NewRecorder(w, nil, &workloads.Monitor{})
		i := instance{}
		if err := i.match(columnsOf(names), metrics); err != nil {
			t.Fatal(err)
		}
		if err := i.record(append(appendRow([]byte{'['}, &want), ']'), 0, r); err != nil {
			t.Fatal(err)
		}
		rows, err := r.Rows()
		if err != nil {
			t.Fatal(err)
		}
		got := rows[0]
		if got.StartedAt != want.StartedAt || got.Tainted != strings.ToValidUTF8(want.Tainted, "\ufffd") {
			t.Fatalf("%+v becomes %+v", want, got)
		}
		last := len(names) - 1 // the wall time, which is not sent
		for c, v := range want.Values[:last] {
			if math.IsInf(v, 0) {
				v = math.NaN()
			}
			if got.Values[c] != v && !(math.IsNaN(got.Values[c]) && math.IsNaN(v)) {
				t.Fatalf("%s: %v becomes %v", names[c], v, got.Values[c])
			}
		}
	})
}

func TestColumnsThatAreWrong(t *testing.T) {
	t.Parallel()
	metrics := workloads.SampleMetrics(fakes()[0], nil)
	for want, columns := range map[string][]string{
		`the column "lateny_ms" is not a metric of it`:  {"lateny_ms"},
		`the column "latency_ms" is there twice`:        {"latency_ms", "started_at", "latency_ms"},
		`the column "wall_ms" is the host's to measure`: {"wall_ms"},
	} {
		if err := new(instance).match(columns, metrics); err == nil || err.Error() != want {
			t.Errorf("%v: error %v, want %q", columns, err, want)
		}
	}
}

func TestLinesAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200<<10)
	l := newLineReader(strings.NewReader("short\n" + long + "\n\nlast"))
	for _, want := range []string{"short", long, ""} {
		if got, err := l.next(); err != nil || string(got) != want {
			t.Fatalf("a line of %d bytes and %v, want %d bytes", len(got), err, len(want))
		}
	}
	if _, err := l.next(); err != io.ErrUnexpectedEOF {
		t.Errorf("error %v within a line", err)
	}
	l = newLineReader(io.LimitReader(zeros{}, 2*maxLine))
	if _, err := l.next(); err != errTooLong {
		t.Errorf("error %v, want that the line is too long", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

var manySamples = regexp.MustCompile(`(?i)"n"\s*:\s*\d{4}`)

// Whatever a host sends, a worker survives it, and answers with replies.
func FuzzServe(f *testing.F) {
	hello := `{"id":1,"type":"hello","version":1,"describe":true}` + "\n"
	for _, s := range []string{
		"", "\n", "null\n", "{}\n", `{"type":"hello"}` + "\n", hello, hello + "[",
		hello + `{"id":2,"type":"open","instance":1,"workload":"fake","params":{"count":2,"free":[]},"seed":"7"}` + "\n",
		hello + `{"id":2,"type":"open","instance":1,"workload":"fake","params":{"count":2,"free":1.5},"seed":"7"}` + "\n" +
			`{"id":3,"type":"verify","instance":1}` + "\n" + `{"id":4,"type":"sample","instance":1,"n":2}` + "\n" +
			`{"id":5,"type":"close","instance":1}` + "\n" + `{"id":6,"type":"sample","instance":1,"n":-1}` + "\n",
		`{"id":2,"type":"open","instance":-1,"workload":"plain","seed":"x"}` + "\n",
	} {
		f.Add([]byte(s))
	}
	served := []workloads.Workload{{Name: "plain", Doc: "Plain.", FreeParams: true, Extracts: true, Open: fakes()[1].Open}}
	f.Fuzz(func(t *testing.T, in []byte) {
		if manySamples.Match(in) {
			return // that is work, not a fault
		}
		var out bytes.Buffer
		_ = Serve(t.Context(), bytes.NewReader(in), &out, Service{Workloads: served, Log: io.Discard})
		for line := range bytes.Lines(out.Bytes()) {
			var r reply
			if err := json.Unmarshal(line, &r); err != nil || (r.OK == nil) == (r.Error == nil) {
				t.Errorf("%q is answered with %q", in, line)
			}
		}
	})
}

// Whatever a worker sends, the host survives it, and records whole rows.
func FuzzReply(f *testing.F) {
	for _, s := range []string{
		`{"id":3,"ok":{"rows":[[1764000000000000,null,1.5,2,3],[1e300,"steal",null,-0,1e-9]]}}`,
		`{"id":3,"ok":{}}`, `{"id":3,"error":{"code":"unsupported","message":"no"}}`, `{"id":3}`, ``, `[`, `null`,
		`{"id":3,"ok":{"rows":[[]]}}`, `{"id":3,"ok":{"rows":{}}}`, `{"id":3,"ok":{"more":true,"rows":[null]}}`,
		`{"id":3,"ok":{"workloads":[{"name":"a","params":[{"kind":"int","default":1e99}]}]}}`,
	} {
		f.Add([]byte(s))
	}
	w := fakes()[0]
	metrics := workloads.SampleMetrics(w, nil)
	f.Fuzz(func(t *testing.T, line []byte) {
		a, err := parseReply(line, 3)
		if (a == nil) == (err == nil) {
			t.Fatalf("%q gives %v and %v", line, a, err)
		}
		if err != nil {
			return
		}
		i := instance{}
		if err := i.match([]string{"started_at", "tainted", "latency_ms", "seed_count", "cpu_ms"}, metrics); err != nil {
			t.Fatal(err)
		}
		r := workloads.NewRecorder(w, nil, &workloads.Monitor{})
		if err := i.record(a.Rows, 0, r); err != nil {
			return
		}
		var cells [][]any
		_ = json.Unmarshal(a.Rows, &cells)
		if rows, err := r.Rows(); len(rows) != len(cells) || (len(cells) > 0 && err != nil) {
			t.Errorf("%q gives %d rows and %v, want %d", line, len(rows), err, len(cells))
		}
	})
}
