package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"runx/internal/document"
	"runx/internal/report"
	"runx/spec"
	"runx/workloads"
	"runx/workloads/suite"
	"runx/workloads/wire"
)

// specFlags change a spec on its way in.
type specFlags struct {
	params []string
	set    []string
	quick  bool
	seed   uint64
}

func (f *specFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&f.params, "param", "p", nil, "`name=value,...` fixes or sweeps a parameter: seq_len=128,256")
	flags.StringArrayVar(&f.set, "set", nil, "`path=value` sets any other key: measure.samples=5")
	flags.BoolVar(&f.quick, "quick", false, "a smoke test: the ends of each axis, few samples, a short budget")
	flags.Var((*seedValue)(&f.seed), "seed", "`number` that replaces measure.seed")
}

// A seedValue is the seed on the command line. It has the range of a number in
// YAML, which it becomes.
type seedValue uint64

// Set takes the text of the flag.
func (v *seedValue) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("want a whole number from 0 to %d", math.MaxInt64)
	}
	*v = seedValue(n)
	return nil
}

func (v *seedValue) String() string { return strconv.FormatUint(uint64(*v), 10) }

// Type is what help texts call it.
func (v *seedValue) Type() string { return "number" }

// options makes spec options of the flags. changed tells whether a flag was
// given: a seed of 0 is a seed.
func (f *specFlags) options(changed func(name string) bool) spec.Options {
	o := baseOptions()
	o.Params, o.Set, o.Quick = f.params, f.set, f.quick
	if changed("seed") {
		o.Seed = &f.seed
	}
	return o
}

// baseOptions are those of a spec that is taken as it stands.
func baseOptions() spec.Options {
	return spec.Options{Workloads: suite.All(), Describe: describeWorker}
}

// describeWorker starts an external worker, asks for its workloads and ends it.
func describeWorker(ctx context.Context, argv []string) ([]workloads.Workload, error) {
	var log bytes.Buffer
	w, err := wire.Dial(ctx, wire.Command{Argv: argv, Log: &log})
	if err != nil {
		if folder, unknown := os.Getwd(); unknown == nil {
			err = fmt.Errorf("%w; it was started in %s, from where it and its files are looked for", err, folder)
		}
		return nil, err
	}
	described := w.Workloads()
	return described, w.Close()
}

// loadSpec reads the spec at path. A name that is no file gets a hint of what
// was probably meant: another file, or a command.
func loadSpec(ctx context.Context, path string, opts spec.Options) (*spec.Spec, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, notThere(path)
	case err == nil && info.IsDir():
		return nil, withHint(usagef("%s is a directory", path), "%s", folderHint(path))
	}
	s, err := spec.Load(ctx, path, opts)
	if err != nil {
		return nil, usageError{err}
	}
	return s, nil
}

// loadSpecs reads all of them before anything runs, so that a mistake in the
// last one is found now. All their problems come at once.
func loadSpecs(ctx context.Context, t *terminal, paths []string, opts spec.Options) ([]*spec.Spec, error) {
	var specs []*spec.Spec
	var failed error
	for _, path := range paths {
		s, err := loadSpec(ctx, path, opts)
		if err != nil {
			if failed != nil {
				t.writeError(failed)
			}
			failed = err
			continue
		}
		specs = append(specs, s)
	}
	return specs, failed
}

// notThere explains a name that is neither a file nor a command.
func notThere(name string) error {
	if filepath.Ext(name) == "" && !strings.ContainsRune(name, filepath.Separator) {
		err := usagef("%q is neither a command nor a file", report.Printable(name))
		if near := document.Nearest(name, commandNames()); near != "" {
			return withHint(err, "did you mean \"runx %s\"?", near)
		}
		hint := specHint(name + ".yaml")
		if !strings.HasPrefix(hint, "did you mean") && !strings.Contains(hint, "--help") {
			hint += "; runx --help shows the commands"
		}
		return withHint(err, "%s", hint)
	}
	return withHint(usagef("%s: no such file", report.Printable(name)), "%s", specHint(name))
}

// folderHint names specs in a folder.
func folderHint(folder string) string {
	names := specsIn(folder)
	if len(names) == 0 {
		return "there is no spec in it: runx init " + filepath.Join(folder, "mine.yaml") + " begins one"
	}
	return "name a spec in it: " + strings.Join(names[:min(len(names), shownSpecs)], ", ")
}

// weeksFirst sorts specs: those that answer a question of their own before those
// that calibrate and show.
func weeksFirst(a, b string) int {
	other := func(path string) int {
		if strings.HasPrefix(filepath.Base(path), "week") {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(other(a), other(b)), cmp.Compare(a, b))
}

// shownSpecs bounds a list of specs in a hint.
const shownSpecs = 5

func specsIn(folder string) []string {
	var paths []string
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		found, _ := filepath.Glob(filepath.Join(folder, pattern)) // the pattern is well formed
		paths = append(paths, found...)
	}
	slices.SortStableFunc(paths, weeksFirst)
	return paths
}

// specHint names the spec that was probably meant, or the ones there are.
func specHint(name string) string {
	there := map[string]string{}
	var names []string
	for _, dir := range []string{filepath.Dir(name), ".", "specs"} {
		for _, path := range specsIn(dir) {
			if base := filepath.Base(path); there[base] == "" {
				there[base] = path
				names = append(names, base)
			}
		}
	}
	base := filepath.Base(name)
	if path := there[base]; path != "" {
		return "did you mean " + path + "?"
	}
	if near := document.Nearest(base, names); near != "" {
		return "did you mean " + there[near] + "?"
	}
	if len(names) == 0 {
		return "runx init " + base + " begins one; runx --help shows the commands"
	}
	slices.SortStableFunc(names, weeksFirst)
	shown := names[:min(len(names), shownSpecs)]
	for i, n := range shown {
		shown[i] = there[n]
	}
	return "there are " + strings.Join(shown, ", ")
}
