package spec

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"runx/internal/document"
	"runx/workloads"
)

// Load reads the spec at path. The error is [document.Problems] for anything
// wrong in the text.
func Load(ctx context.Context, path string, opts Options) (*Spec, error) {
	src, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(ctx, path, src, opts)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read spec: %w", err)
	}
	defer f.Close()
	return document.Read(path, f)
}

// Parse reads a spec from memory. name stands in positions, and files that it
// extends are looked for in its folder.
func Parse(ctx context.Context, name string, src []byte, opts Options) (*Spec, error) {
	tree, problems := document.Parse(name, src)
	if tree == nil {
		return nil, problems.Sorted()
	}
	opts.Describe = onlyOnce(opts.Describe)
	l := loader{ctx: ctx, opts: &opts, tree: tree, problems: problems}
	if !l.extend(name) {
		return nil, l.problems.Sorted() // what the missing part would have said is not known
	}
	l.override()
	s := l.spec()
	if opts.Quick && len(l.problems) == 0 {
		l.shrink(s)
		s = l.spec()
	}
	if len(l.problems) > 0 {
		return nil, atFlags(l.problems).Sorted()
	}
	s.Warnings = atFlags(s.Warnings)
	s.Resolved = src
	if l.changed {
		text, err := tree.Encode()
		if err != nil {
			return nil, fmt.Errorf("write the spec as run: %w", err)
		}
		s.Resolved = text
	}
	return s, nil
}

// onlyOnce keeps what a worker has described: a spec is built up to three
// times, and the worker is started for each description.
func onlyOnce(describe func(context.Context, []string) ([]workloads.Workload, error)) func(context.Context, []string) ([]workloads.Workload, error) {
	if describe == nil {
		return nil
	}
	var asked []string
	var all []workloads.Workload
	var err error
	return func(ctx context.Context, argv []string) ([]workloads.Workload, error) {
		if asked == nil || !slices.Equal(asked, argv) {
			asked = argv
			all, err = describe(ctx, argv)
		}
		return all, err
	}
}

// A loader applies to the text of a spec what changes it.
type loader struct {
	ctx      context.Context
	opts     *Options
	tree     *document.Tree
	problems document.Problems
	changed  bool // the tree is no longer what the file says
}

// spec decodes and builds the tree as it is now.
func (l *loader) spec() *Spec {
	var doc specDoc
	l.problems = append(l.problems, l.tree.Decode(&doc)...)
	if n, ok := l.tree.Lookup("worker"); ok && len(doc.Worker) == 0 {
		if n.Kind() == document.List {
			l.problems.Add(n.Position(), "such as [python3, mine.py]", "worker names no program")
		}
		return nil // which workloads it has is not known
	}
	s, more := build(l.ctx, l.opts, &doc, len(l.problems) == 0)
	l.problems = append(l.problems, more...)
	return s
}

// atFlags names the flag alone as the place of what -p has set: its value is
// only part of the text that was parsed.
func atFlags(problems document.Problems) document.Problems {
	for i := range problems {
		at := &problems[i].Position
		for _, prefix := range []string{"-p params.", "-p sweep."} {
			if name, ok := strings.CutPrefix(at.File, prefix); ok {
				*at = document.Position{File: "-p " + name}
			}
		}
	}
	return problems
}

// must notes the error of a change to the tree.
func (l *loader) must(err error) {
	if err == nil {
		return
	}
	if p, ok := err.(document.Problems); ok {
		l.problems = append(l.problems, p...)
		return
	}
	l.problems.Add(document.Position{}, "", "%s", err)
}
