package spec

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"runx/internal/document"
	"runx/workloads"
)

// TestBadFiles holds what is said of files that are no specs at all.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"empty":           {"", "nothing is written"},
		"comments":        {"# nothing\n", "nothing is written"},
		"two documents":   {head + "---\n" + head, "document"},
		"duplicate keys":  {head + "name: u\n", `"name"`},
		"alias bomb":      {"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n", "t.yaml"},
		"not YAML":        {"a: [1, 2\nb: }", "not YAML"},
		"binary":          {"\x7fELF\x00\x01\x02", "t.yaml"},
		"a list":          {"- 1\n- 2\n", "map"},
		"octal":           {head + "params: {batch: 017}\n", "017"},
		"a 64-bit number": {head + "params: {batch: 9223372036854775808}\n", "t.yaml:4"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Parse(t.Context(), "t.yaml", []byte(tt.text), options())
			var problems document.Problems
			if s != nil || !errors.As(err, &problems) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want a problem with %q", err, tt.want)
			}
		})
	}
}

// TestHugeFile holds that the size is bounded before anything is parsed.
func TestHugeFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.yaml")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(100<<20), f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(t.Context(), path, options()); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
	if _, err := Load(t.Context(), filepath.Join(t.TempDir(), "none.yaml"), options()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that there is no file", err)
	}
}

// TestVerbatim holds that an unchanged spec is kept byte by byte.
func TestVerbatim(t *testing.T) {
	t.Parallel()
	text := "# why\n" + head + "sweep: {seq_len:   [1, 2]} # odd spacing\n"
	if s := parse(t, text); string(s.Resolved) != text {
		t.Errorf("got %q", s.Resolved)
	}
}

// TestDefaults holds what a spec that says nothing measures.
func TestDefaults(t *testing.T) {
	t.Parallel()
	s := parse(t, head+"sweep: {seq_len: [1]}\n")
	want := Measure{
		Warmup: 1, Samples: Samples{30, 30}, Order: Interleaved, Isolate: IsolateNone, Seed: 1, OnError: Skip,
	}
	if s.Measure != want {
		t.Errorf("got %+v, want %+v", s.Measure, want)
	}
	if got := s.Summary[0]; got.Metric != "latency_ms" || !slices.Equal(got.Stats, []Stat{Mean, Std, Min, "p50", "p95", Max}) {
		t.Errorf("30 samples: got %+v; p99 is more than they can tell", got)
	}
}

// TestExtends holds that maps are merged, lists and scalars replaced, through
// a chain of files in several folders.
func TestExtends(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]string{
		"sub/base.yaml": head + "params: {batch: 3, label: a}\nsweep: {seq_len: [1, 2], scale: [1, 2]}\nmeasure: {samples: 7, warmup: 5}\ntags: [x, y]\n",
		"sub/mid.yaml":  "extends: base.yaml\nmeasure: {samples: {min: 2, max: 9}}\nsweep: {seq_len: {pow2: [4, 8]}}\n",
		"top.yaml":      "extends: sub/mid.yaml\nname: top\nparams: {scale: 9, label: b}\ntags: [z]\n",
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Load(t.Context(), filepath.Join(dir, "top.yaml"), options())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"4 9 3 b", "8 9 3 b"}
	if got := points(t, s, "seq_len", "scale", "batch", "label"); !slices.Equal(got, want) {
		t.Errorf("points %q, want %q", got, want)
	}
	if s.Name != "top" || !slices.Equal(s.Tags, []string{"z"}) || s.Measure.Warmup != 5 || s.Measure.Samples != (Samples{2, 9}) {
		t.Errorf("got %+v", s)
	}
	if strings.Contains(string(s.Resolved), "extends") {
		t.Errorf("the text as run still extends a file:\n%s", s.Resolved)
	}
}

// TestFlags holds what -p, --set and --seed do to the points.
func TestFlags(t *testing.T) {
	t.Parallel()
	const text = head + `
params: {batch: 2, scale: {expr: seq_len / 2}}
sweep: {seq_len: [1, 2], algorithm: [naive, flash]}
`
	tests := []struct {
		params, set []string
		want        []string // seq_len algorithm batch scale label
	}{
		{nil, nil, []string{"1 naive 2 0.5 ", "1 flash 2 0.5 ", "2 naive 2 1 ", "2 flash 2 1 "}},
		{[]string{"algorithm=flash"}, nil, []string{"1 flash 2 0.5 ", "2 flash 2 1 "}},
		{[]string{"algorithm=flash", "seq_len=8"}, nil, []string{"8 flash 2 4 "}},
		{[]string{"algorithm=flash", "seq_len=8,4"}, nil, []string{"8 flash 2 4 ", "4 flash 2 2 "}},
		{[]string{"algorithm=flash", "seq_len={range: [1, 5, 2]}"}, nil, []string{"1 flash 2 0.5 ", "3 flash 2 1.5 ", "5 flash 2 2.5 "}},
		{[]string{"algorithm=flash", "seq_len=2", "batch=1,4"}, nil, []string{"2 flash 1 1 ", "2 flash 4 1 "}},
		{[]string{"algorithm=flash", "seq_len=2", "scale=7"}, nil, []string{"2 flash 2 7 "}},
		{[]string{"algorithm=flash", "seq_len=2", `label=a b,"c, d",5`}, nil, []string{"2 flash 2 1 a b", "2 flash 2 1 c, d", "2 flash 2 1 5"}},
		{[]string{"algorithm=flash", "seq_len=2", "batch={expr: seq_len * 3}"}, nil, []string{"2 flash 6 1 "}},
		{nil, []string{"sweep={seq_len: [3]}", "params.batch=9"}, []string{"3 naive 9 1.5 "}},
		{[]string{"seq_len=6"}, []string{"sweep={seq_len: [3]}", "params.label=x"}, []string{"6 naive 2 3 x"}},
	}
	for _, tt := range tests {
		t.Run(strings.Join(append(tt.params, tt.set...), " "), func(t *testing.T) {
			t.Parallel()
			s := parse(t, text, func(o *Options) { o.Params, o.Set = tt.params, tt.set })
			if got := points(t, s, "seq_len", "algorithm", "batch", "scale", "label"); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if s := parse(t, text, func(o *Options) { o.Seed = new(uint64(42)) }); s.Measure.Seed != 42 {
		t.Errorf("seed %d, want 42", s.Measure.Seed)
	}
}

// TestQuickFindsAPoint holds that a smoke test of a grid whose corners are
// removed still has a point.
func TestQuickFindsAPoint(t *testing.T) {
	t.Parallel()
	s := parse(t, head+`
sweep: {seq_len: [1, 2, 3], batch: [1, 2, 3]}
where: seq_len == 2 && batch == 2
include: [{seq_len: 7, batch: 1}, {seq_len: 8, batch: 1}, {seq_len: 9, batch: 1}]
measure: {samples: {min: 10, max: 500}, until: {metric: latency_ms, relative_ci: 0.1}, budget: 1m, warmup: 9}
claims: [{name: a, value: max(latency_ms_p99), expect: value > 0}]
`, func(o *Options) { o.Quick = true })
	if got, want := points(t, s, "seq_len", "batch"), []string{"2 2", "7 1", "9 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	m := s.Measure
	if m.Samples != (Samples{3, 3}) || m.Until != nil || m.Budget != quickBudget || m.Warmup != 1 {
		t.Errorf("got %+v", m)
	}
}

// TestQuickKeepsTypes holds that a float stays one when the values that showed
// it are gone.
func TestQuickKeepsTypes(t *testing.T) {
	t.Parallel()
	s := parse(t, "version: 1\nname: t\nworkload: program\nparams: {command: x}\nsweep: {rate: [1, 1.5, 2], word: [\"1\", \"no\"]}\n", func(o *Options) { o.Quick = true })
	p, _, err := s.At(3)
	if want := (workloads.Values{"command": "x", "rate": 2.0, "word": "no"}); err != nil || !maps.Equal(p.Params, want) {
		t.Errorf("got %v, %v, want %v", p.Params, err, want)
	}
}

// TestWorker holds that a spec may name the workloads of another program.
func TestWorker(t *testing.T) {
	t.Parallel()
	text := "version: 1\nname: t\nworkload: foreign\nworker: [python3, x.py]\nsweep: {size: [1]}\n"
	foreign := workloads.Workload{
		Name: "foreign", Doc: "Foreign.", Open: open,
		Params: []workloads.Param{{Name: "size", Kind: workloads.Int, Doc: "size"}},
	}
	var argv []string
	asked := 0
	s := parse(t, text, func(o *Options) {
		o.Quick, o.Params = true, []string{"size=1,2,3"}
		o.Describe = func(_ context.Context, a []string) ([]workloads.Workload, error) {
			argv = a
			asked++
			return []workloads.Workload{foreign}, nil
		}
	})
	if want := []string{"python3", "x.py"}; !slices.Equal(argv, want) || !slices.Equal(s.Worker, want) {
		t.Errorf("asked %q, worker %q", argv, s.Worker)
	}
	if asked != 1 || s.Workload.Name != "foreign" {
		t.Errorf("asked %d times, workload %s", asked, s.Workload.Name)
	}
	opts := options()
	opts.Describe = func(context.Context, []string) ([]workloads.Workload, error) {
		return nil, errors.New("no such program")
	}
	if _, err := Parse(t.Context(), "t.yaml", []byte(text), opts); err == nil || !strings.Contains(err.Error(), "no such program") {
		t.Errorf("got %v", err)
	}
	foreign.Doc = ""
	opts.Describe = func(context.Context, []string) ([]workloads.Workload, error) {
		return []workloads.Workload{foreign}, nil
	}
	if _, err := Parse(t.Context(), "t.yaml", []byte(text), opts); err == nil || !strings.Contains(err.Error(), "has no doc") {
		t.Errorf("got %v", err)
	}
}

// FuzzParse holds that no text makes the reader panic or hang, and that a spec
// which it accepts can be walked.
func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/problems/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		text = []byte(strings.TrimPrefix(string(text), "-- t.yaml --\n"))
		body, _, _ := strings.Cut(string(text), "-- want --")
		f.Add(body)
		f.Add(head + body)
	}
	f.Add(everything)
	f.Fuzz(func(t *testing.T, text string) {
		hang := time.AfterFunc(30*time.Second, func() { panic("hangs: " + text) })
		defer hang.Stop()
		opts := options()
		opts.Quick = len(text)%3 == 0
		s, err := Parse(t.Context(), "t.yaml", []byte(text), opts)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		n := 0
		for p, err := range s.PointsUntil(ctx) {
			if n++; n > 100 || err != nil {
				break
			}
			if p.ID != idOf(s.Workload.Name, p.Params) {
				t.Fatalf("%v has the name %s", p.Params, p.ID)
			}
		}
	})
}
