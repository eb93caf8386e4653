// Package runx_test holds the repository to what its pages promise: the import
// law, documentation that names every package, no file that nothing uses.
package runx_test

import (
	"cmp"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "runx"

// A law says what packages of the project a package may import, and why no
// more. In may, "..." stands for everything below, and leaves for every leaf.
type law struct {
	pkg string
	may []string
	why string
}

// leaves are of use to everyone and know nobody.
var leaves = []string{"internal/document", "internal/journal", "internal/process", "internal/stats", "internal/tensor/...", "internal/sim", "internal/load", "internal/tokenizer"}

const leafWhy = "a leaf can be read, tested and replaced by itself; it imports nothing of the project"

// The laws, from the most particular to the most general: the first that fits
// a package holds for it.
var laws = []law{
	{"workloads", nil, "a plugin depends on the contract, so the contract depends on the standard library only"},
	{"workloads/suite", []string{"workloads", "workloads/*"}, "it lists the built-in workloads and does nothing else"},
	{"workloads/workloadtest", []string{"workloads", "workloads/wire", "leaves"}, "the conformance suite knows the contract and the wire, no particular workload"},
	{"workloads/wire", []string{"workloads", "leaves"}, "the protocol carries any workload, so it knows none"},
	{"workloads/*", []string{"workloads", "leaves"}, "a workload knows the contract, not who runs it, nor another workload"},
	{"spec", []string{"workloads", "leaves"}, "a spec is read and checked without anything being measured"},
	{"internal/results", []string{"spec", "workloads", "leaves"}, "results are kept and read without the runner"},
	{"runner", []string{"internal/results", "spec", "workloads", "workloads/wire", "leaves"}, "what measures prints nothing and reports nothing"},
	{"internal/claims", []string{"internal/results", "spec", "workloads", "leaves"}, "claims are judged by results, whoever measured them"},
	{"internal/compare", []string{"internal/results", "spec", "workloads", "leaves"}, "runs are compared by their results, whoever measured them"},
	{"internal/report", []string{"internal/claims", "internal/compare", "internal/results", "spec", "workloads", "leaves"}, "what is said in a terminal is made of results and judgements"},
	{"internal/report/figure", []string{"internal/report", "internal/results", "spec", "workloads", "leaves"}, "a picture shows results and judges nothing"},
	{"internal/report/html", []string{"internal/claims", "internal/compare", "internal/report", "internal/report/figure", "internal/results", "spec", "workloads", "leaves"}, "a page gathers what the others say"},
	{"internal/tensor/kernels", nil, "kernels know slices and threads, not what is computed with them"},
	{"internal/tensor/safetensors", nil, "a file of weights is read without anything that computes"},
	{"internal/tensor", []string{"internal/tensor/kernels"}, "operations know no layers and no files"},
	{"internal/tensor/nn", []string{"internal/tensor", "internal/tensor/kernels", "internal/tensor/safetensors"}, "models are made of operations and of nothing that measures"},
	{"cmd/runx", []string{"runner", "internal/...", "spec", "workloads", "workloads/suite", "workloads/wire"}, "the command wires the rest together; particular workloads come through the suite"},
}

func lawOf(pkg string) (law, bool) {
	for _, l := range laws {
		if matches(l.pkg, pkg) {
			return l, true
		}
	}
	for _, leaf := range leaves {
		if matches(leaf, pkg) {
			return law{pkg: leaf, may: []string{strings.TrimSuffix(leaf, "/...") + "/..."}, why: leafWhy}, true
		}
	}
	return law{}, false
}

func matches(pattern, pkg string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == below || strings.HasPrefix(pkg, below+"/")
	}
	ok, err := path.Match(pattern, pkg)
	return err == nil && ok
}

func (l law) allows(pkg string) bool {
	return slices.ContainsFunc(l.may, func(pattern string) bool {
		if pattern == "leaves" {
			return slices.ContainsFunc(leaves, func(leaf string) bool { return matches(leaf, pkg) })
		}
		return matches(pattern, pkg)
	})
}

// An imported is one import of one package of the project by another.
type imported struct{ file, pkg, imports string }

// projectFiles walks the files of this module; folders with a go.mod of their
// own are other modules.
func projectFiles(t *testing.T, visit func(file string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != "." {
			_, err := os.Stat(filepath.Join(file, "go.mod"))
			if err == nil || strings.HasPrefix(d.Name(), ".") || file == "out" {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.IsDir() {
			visit(filepath.ToSlash(file))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// projectImports reads all files whatever they are built for, so that a law
// cannot be broken on another platform. Tests are free: they may look at a
// package from outside.
func projectImports(t *testing.T) (packages []string, imports []imported) {
	t.Helper()
	projectFiles(t, func(file string) {
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "testdata/") || neverBuilt(t, file) {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		pkg := path.Dir(file)
		packages = append(packages, pkg)
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if inside, ok := strings.CutPrefix(name, module+"/"); ok {
				imports = append(imports, imported{file, pkg, inside})
			}
		}
	})
	slices.Sort(packages)
	return slices.Compact(packages), imports
}

// neverBuilt tells whether a file is a program apart, such as a generator.
func neverBuilt(t *testing.T, file string) bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !constraint.IsGoBuild(line) {
			continue
		}
		expr, err := constraint.Parse(strings.TrimSpace(line))
		return err == nil && expr.String() == "ignore"
	}
	return false
}

func TestImportLaw(t *testing.T) {
	t.Parallel()
	packages, imports := projectImports(t)
	if len(packages) < 10 || len(imports) < 20 {
		t.Fatalf("only %d packages and %d imports were found: the walk is broken", len(packages), len(imports))
	}
	for _, pkg := range packages {
		if _, ok := lawOf(pkg); !ok {
			t.Errorf("no law says what %s may import: decide where it belongs and add one", pkg)
		}
	}
	for _, i := range imports {
		if l, ok := lawOf(i.pkg); ok && !l.allows(i.imports) {
			t.Errorf("%s imports %s, which %s may not: %s", i.file, i.imports, i.pkg, l.why)
		}
	}
}

// The law itself: what it must refuse, whatever the code looks like today.
func TestImportLawRefuses(t *testing.T) {
	t.Parallel()
	for _, i := range []struct {
		from, to string
		allowed  bool
	}{
		{"cmd/runx", "runner", true},
		{"cmd/runx", "workloads/noop", false},
		{"runner", "cmd/runx", false},
		{"runner", "internal/report", false},
		{"spec", "internal/results", false},
		{"spec", "internal/document", true},
		{"internal/results", "runner", false},
		{"internal/report", "runner", false},
		{"workloads", "internal/stats", false},
		{"workloads/noop", "spec", false},
		{"workloads/noop", "workloads/spin", false},
		{"workloads/attention", "internal/tensor", true},
		{"workloads/attention", "internal/tensor/kernels", true},
		{"internal/tensor", "internal/tensor/kernels", true},
		{"internal/tensor/kernels", "internal/stats", false},
		{"internal/tensor/kernels", "internal/tensor", false},
		{"internal/tensor", "internal/tensor/nn", false},
		{"internal/tensor/nn", "internal/tensor/safetensors", true},
		{"internal/stats", "workloads", false},
	} {
		l, ok := lawOf(i.from)
		if !ok || l.allows(i.to) != i.allowed {
			t.Errorf("%s may import %s: got %t, want %t", i.from, i.to, l.allows(i.to), i.allowed)
		}
	}
}

// ARCHITECTURE.md is where a reader looks a package up.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	packages, _ := projectImports(t)
	for _, pkg := range packages {
		if !strings.Contains(string(text), "`"+pkg+"`") {
			t.Errorf("ARCHITECTURE.md does not say what `%s` is for", pkg)
		}
	}
}

// A file under testdata that no test names is dead weight that looks alive.
func TestNoOrphanTestdata(t *testing.T) {
	t.Parallel()
	tests := map[string]string{} // source of the tests by folder
	var data []string
	projectFiles(t, func(file string) {
		switch {
		case strings.Contains(file, "testdata/"):
			data = append(data, file)
		case strings.HasSuffix(file, "_test.go"):
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tests[path.Dir(file)] += string(text)
		}
	})
	for _, file := range data {
		pkg, inside, _ := strings.Cut(file, "/testdata/")
		if !used(tests[pkg], inside) {
			t.Errorf("%s: no test in %s uses it", file, cmp.Or(pkg, "the root"))
		}
	}
}

// used tells whether the source of tests names a file below testdata: by its
// base, by its base without extension (the name of a case), or by the pattern
// of all files like it.
func used(tests, inside string) bool {
	if rest, ok := strings.CutPrefix(inside, "fuzz/"); ok {
		return strings.Contains(tests, "func "+path.Dir(rest)+"(")
	}
	base := path.Base(inside)
	if path.Ext(base) == ".txtar" && strings.Contains(tests, "testscript.Params") && strings.Contains(tests, strconv.Quote(path.Join("testdata", path.Dir(inside)))) {
		return true
	}
	return slices.ContainsFunc([]string{
		base + `"`, base + "`", `"` + strings.TrimSuffix(base, path.Ext(base)) + `"`,
		path.Join("testdata", path.Dir(inside), "*"+path.Ext(base)),
	}, func(name string) bool { return strings.Contains(tests, name) })
}

func TestUsed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		tests, inside string
		want          bool
	}{
		{`os.ReadFile("testdata/a.golden")`, "a.golden", true},
		{`{"a", ...}`, "a.golden", true},
		{`filepath.Glob("testdata/*.yaml")`, "b.yaml", true},
		{`filepath.Glob("testdata/*.yaml")`, "b.golden", false},
		{`testscript.Params{Dir: "testdata"}`, "run.txtar", true},
		{`testscript.Params{Dir: "testdata"}`, "old/run.txtar", false},
		{`func FuzzParse(f *testing.F)`, "fuzz/FuzzParse/1234", true},
		{`func FuzzParse(f *testing.F)`, "fuzz/FuzzGone/1234", false},
		{``, "a.golden", false},
	} {
		if got := used(tt.tests, tt.inside); got != tt.want {
			t.Errorf("used(%q, %q) = %t", tt.tests, tt.inside, got)
		}
	}
}
