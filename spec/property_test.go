package spec

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/workloads"
)

// A draft is a spec drawn at random, and what its points must be.
type draft struct {
	text   string
	points []workloads.Values
	grid   int64
}

// condition is a where clause, and the same in Go.
type condition struct {
	text  string
	holds func(workloads.Values) bool
}

var conditions = []condition{
	{"seq_len % 2 == 0", func(v workloads.Values) bool { return v["seq_len"].(int)%2 == 0 }},
	{"batch * seq_len <= 12", func(v workloads.Values) bool { return v["batch"].(int)*v["seq_len"].(int) <= 12 }},
	{`algorithm == "flash" || batch < 3`, func(v workloads.Values) bool { return v["algorithm"] == "flash" || v["batch"].(int) < 3 }},
	{"not causal or scale > 1", func(v workloads.Values) bool { return !v["causal"].(bool) || v["scale"].(float64) > 1 }},
	{"len(label) > 1", func(v workloads.Values) bool { return len(v["label"].(string)) > 1 }},
}

// drawSpec draws axes in random order, one of them perhaps zipped with another,
// conditions, a computed parameter and included points.
func drawSpec(t *rapid.T) draft {
	choices := map[string][]any{
		"seq_len": {1, 2, 3, 4, 6, 9}, "batch": {1, 2, 3, 5}, "scale": {0.5, 1.0, 2.25, 1e-5, 1e21},
		"algorithm": {"naive", "flash"}, "causal": {true, false},
	}
	names := rapid.Permutation([]string{"seq_len", "batch", "scale", "algorithm", "causal"}).Draw(t, "order")
	swept := names[:rapid.IntRange(1, 4).Draw(t, "axes")]
	if !slices.Contains(swept, "seq_len") {
		swept = append(slices.Clone(swept), "seq_len") // it has no default
	}
	points := []workloads.Values{{"algorithm": "naive", "batch": 1, "scale": 1.0, "causal": false}}
	var sweep strings.Builder
	for _, name := range swept {
		values := rapid.SliceOfNDistinct(rapid.SampledFrom(choices[name]), 1, 4, rapid.ID[any]).Draw(t, name)
		fmt.Fprintf(&sweep, "  %s: [%s]\n", name, yamlList(values))
		points = product(points, name, values)
	}
	d := draft{grid: int64(len(points))}
	for _, p := range points {
		p["label"] = strconv.Itoa(p["seq_len"].(int) * p["batch"].(int))
	}
	where := rapid.SliceOfN(rapid.SampledFrom(conditions), 0, 3).Draw(t, "where")
	var clauses []string
	for _, c := range where {
		clauses = append(clauses, strconv.Quote(c.text))
		points = slices.DeleteFunc(points, func(p workloads.Values) bool { return !c.holds(p) })
	}
	d.points = points
	d.text = head + "params: {label: {expr: string(seq_len * batch)}}\nsweep:\n" + sweep.String() +
		"where: [" + join(clauses) + "]\nmetrics: {a_ratio: latency_ms / seq_len}\n"
	return d
}

func yamlList(values []any) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, yamlText(v))
	}
	return join(texts)
}

func product(points []workloads.Values, name string, values []any) []workloads.Values {
	var all []workloads.Values
	for _, p := range points {
		for _, v := range values {
			q := maps.Clone(p)
			q[name] = v
			all = append(all, q)
		}
	}
	return all
}

// TestPoints holds the points of random specs to a plain product and filter:
// their order, At, Count and the uniqueness of their names.
func TestPoints(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawSpec(t)
		s, err := Parse(t.Context(), "t.yaml", []byte(d.text), options())
		if err != nil {
			if len(d.points) == 0 && strings.Contains(err.Error(), "removes every point") {
				return
			}
			t.Fatalf("%s\n%s", err, d.text)
		}
		if s.Size() != d.grid {
			t.Fatalf("size %d, want %d", s.Size(), d.grid)
		}
		checkPoints(t, s, d.points)
	})
}

func checkPoints(t *rapid.T, s *Spec, want []workloads.Values) {
	n, last := 0, int64(-1)
	ids := map[string]bool{}
	for p, err := range s.Points() {
		if err != nil {
			t.Fatal(err)
		}
		if n >= len(want) || !maps.Equal(p.Params, want[n]) {
			t.Fatalf("point %d is %v, want %v", n, p.Params, want[min(n, len(want)-1)])
		}
		for index := last + 1; index < p.Index; index++ {
			if _, stays, err := s.At(index); stays || err != nil {
				t.Fatalf("At(%d) stays %t, %v; Points leaves it out", index, stays, err)
			}
		}
		again, stays, err := s.At(p.Index)
		if err != nil || !stays || !reflect.DeepEqual(again, p) {
			t.Fatalf("At(%d) is %v %t %v, Points gives %v", p.Index, again, stays, err, p)
		}
		if ids[p.ID] || p.ID != idOf("model", p.Params) {
			t.Fatalf("point %d has the name %s", n, p.ID)
		}
		ids[p.ID], last = true, p.Index
		n++
	}
	if n != len(want) {
		t.Fatalf("%d points, want %d", n, len(want))
	}
	if count, complete, err := s.Count(t.Context()); count != int64(n) || !complete || err != nil {
		t.Fatalf("Count says %d %t %v, want %d", count, complete, err, n)
	}
}

// TestResolved holds that what a spec says it ran is what it ran: parsed again,
// without any flag, it is the same spec.
func TestResolved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawSpec(t)
		opts := options()
		opts.Quick = rapid.Bool().Draw(t, "quick")
		if rapid.Bool().Draw(t, "seed") {
			opts.Seed = new(rapid.Uint64Range(0, math.MaxInt64).Draw(t, "seed value"))
		}
		opts.Params = rapid.SampledFrom([][]string{
			nil, {"batch=2"}, {"seq_len=4,8"}, {"scale=1e-5", "causal=true"}, {"algorithm=flash,naive"}, {"seq_len={pow2: [1, 8]}"},
		}).Draw(t, "params")
		opts.Set = rapid.SampledFrom([][]string{
			nil, {"measure.samples=7"}, {"measure.samples={min: 2, max: 300}"}, {"title=Other"}, {"include=[{seq_len: 77}]"},
		}).Draw(t, "set")
		s, err := Parse(t.Context(), "t.yaml", []byte(d.text), opts)
		if err != nil {
			t.Skip(err.Error())
		}
		again, err := Parse(t.Context(), "spec.yaml", s.Resolved, options())
		if err != nil {
			t.Fatalf("%s\n%s", err, s.Resolved)
		}
		if got, want := shown(t, again), shown(t, s); got != want {
			t.Fatalf("got\n%s\nwant\n%s\nof\n%s", got, want, s.Resolved)
		}
		if again.SHA256() != s.SHA256() {
			t.Fatalf("the text changes when it is read again")
		}
	})
}

// shown is all of a spec that anyone can see.
func shown(t *rapid.T, s *Spec) string {
	var b strings.Builder
	fmt.Fprintln(&b, s.Name, s.Title, s.Question, s.Tags, s.Workload.Name, s.Extracts, s.Measure, s.Summary, s.Claims, s.Plots, s.Quick)
	for _, p := range s.Params {
		fmt.Fprintln(&b, p.Name, p.Kind)
	}
	for _, m := range s.Metrics {
		fmt.Fprintln(&b, m.Name, m.Expr, m.Uses)
	}
	for p, err := range s.Points() {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, p.Index, p.ID, p.Params)
	}
	return b.String()
}

// TestQuick holds that a smoke test has a point, only points of the whole
// spec, and its columns.
func TestQuick(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawSpec(t)
		if len(d.points) == 0 {
			t.Skip("no point")
		}
		whole, err := Parse(t.Context(), "t.yaml", []byte(d.text), options())
		if err != nil {
			t.Fatal(err)
		}
		opts := options()
		opts.Quick = true
		quick, err := Parse(t.Context(), "t.yaml", []byte(d.text), opts)
		if err != nil {
			t.Fatalf("%s\n%s", err, d.text)
		}
		ids := map[string]bool{}
		for p := range whole.Points() {
			ids[p.ID] = true
		}
		n := 0
		for p := range quick.Points() {
			if n++; !ids[p.ID] {
				t.Fatalf("%v is not a point of the whole spec", p.Params)
			}
		}
		if n == 0 || !quick.Quick {
			t.Fatalf("%d points, quick %t", n, quick.Quick)
		}
		if !reflect.DeepEqual(quick.Summary, whole.Summary) {
			t.Fatalf("summary %v, want %v", quick.Summary, whole.Summary)
		}
	})
}

// idOf is the name of a point.
func idOf(workload string, params workloads.Values) string {
	return pointID(workload, slices.Sorted(maps.Keys(params)), params)
}

// TestPointIDInjective holds that different values have different names, and
// equal ones the same.
func TestPointIDInjective(t *testing.T) {
	t.Parallel()
	value := rapid.OneOf(
		rapid.Map(rapid.IntRange(-3, 3), func(i int) any { return i }),
		rapid.Map(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -1, 0.5, 1e6, 1e-7}), func(f float64) any { return f }),
		rapid.Map(rapid.SampledFrom([]string{"", "1", "true", "a\nb=int:1", `"`, "é"}), func(s string) any { return s }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
	)
	values := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "ab"}), value, 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		a, b := workloads.Values(values.Draw(t, "a")), workloads.Values(values.Draw(t, "b"))
		if same := maps.Equal(a, b); same != (idOf("w", a) == idOf("w", b)) {
			t.Fatalf("%v and %v: equal %t, names %s and %s", a, b, same, idOf("w", a), idOf("w", b))
		}
		if idOf("v", a) == idOf("w", a) {
			t.Fatal("two workloads have the same point")
		}
	})
}

// TestPointIDGolden holds the names that runs on disk already have. They are
// those of sha256sum, of the form that pointID documents.
func TestPointIDGolden(t *testing.T) {
	t.Parallel()
	tests := []struct {
		params workloads.Values
		want   string
	}{
		{workloads.Values{}, "e3ae18dac0f9487f"},
		{workloads.Values{"algorithm": "naive", "batch": 1, "causal": false, "scale": 0.5}, "d83e01f1b5ba305b"},
		{workloads.Values{"x": 1}, "977d348167ff4744"},
		{workloads.Values{"x": 1.0}, "da17b2d6f6938392"},
		{workloads.Values{"x": 1e21}, "a7c8c68b7deb4459"},
		{workloads.Values{"x": math.Copysign(0, -1)}, "43bbadcce7a7eee9"},
	}
	for _, tt := range tests {
		if got := idOf("attention", tt.params); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.params, got, tt.want)
		}
	}
}
