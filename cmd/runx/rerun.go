package main

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"runx/spec"
	"runx/workloads"
)

// A rerun makes of a point the flags that measure it alone.
type rerun func(spec.Point) specFlags

// findRerun returns the shortest form of flags that leaves nothing of the spec
// but one point, tried out on the point; nil if none does. Parameters are fixed
// where that is enough; axes that move several at once, and included points,
// need the point to be included in place of the sweep.
func findRerun(ctx context.Context, p *plan, point spec.Point) rerun {
	for _, form := range []rerun{p.byParams, p.byInclude} {
		flags := form(point)
		s, err := spec.Load(ctx, p.path, flags.options(p.changed))
		if err != nil {
			continue
		}
		n, same := 0, false
		for q, err := range s.Points() {
			if n++; err != nil || n > 1 {
				break
			}
			same = q.ID == point.ID
		}
		if n == 1 && same {
			return form
		}
	}
	return nil
}

// byParams fixes each parameter that varies.
func (p *plan) byParams(point spec.Point) specFlags {
	flags := p.flags
	flags.params = slices.DeleteFunc(slices.Clone(flags.params), func(given string) bool {
		name, _, _ := strings.Cut(given, "=")
		return slices.Contains(p.varied, strings.TrimSpace(name))
	})
	for _, name := range p.varied {
		flags.params = append(flags.params, name+"="+p.flagValue(name, point.Params[name]))
	}
	return flags
}

// byInclude replaces the sweep by the point.
func (p *plan) byInclude(point spec.Point) specFlags {
	entries := make([]string, len(p.varied))
	for i, name := range p.varied {
		entries[i] = name + ": " + p.valueText(name, point.Params[name])
	}
	flags := p.flags
	flags.set = append(slices.Clone(flags.set), "sweep={}", "include=[{"+strings.Join(entries, ", ")+"}]")
	return flags
}

// valueText writes a value in YAML. A free parameter is typed by what is
// written, so a whole float keeps its point; a declared one needs none.
func (p *plan) valueText(name string, v any) string {
	if f, ok := v.(float64); ok {
		if _, declared := p.spec.Workload.Param(name); declared {
			return workloads.FormatValue(f)
		}
	}
	return yamlValue(v)
}

// flagValue writes a value so that -p takes it for one value.
func (p *plan) flagValue(name string, v any) string {
	text, ok := v.(string)
	if ok && (text == "" || strings.ContainsAny(text, ",'\"[]{}() ")) {
		return strconv.Quote(text)
	}
	if ok {
		return text
	}
	return p.valueText(name, v)
}

// argv is the command line of the flags.
func (f *specFlags) argv(path string, changed func(string) bool) []string {
	argv := []string{"runx", "run", path}
	for _, p := range f.params {
		argv = append(argv, "-p", p)
	}
	for _, s := range f.set {
		argv = append(argv, "--set", s)
	}
	if f.quick {
		argv = append(argv, "--quick")
	}
	if changed("seed") {
		argv = append(argv, "--seed", strconv.FormatUint(f.seed, 10))
	}
	return argv
}
