package spec

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"runx/internal/document"
	"runx/workloads"
)

// A builder makes a Spec of a decoded document. It goes on after a problem
// wherever what follows can still be judged, so that all are found at once.
type builder struct {
	ctx      context.Context
	opts     *Options
	doc      *specDoc
	problems document.Problems
	warnings document.Problems

	workload   *workloads.Workload
	params     []workloads.Param        // in column order
	fixed      map[string]rawValue      // as written or by default
	swept      map[string]document.Text // by which key of sweep
	computed   map[string]document.Text // by which expression
	meant      map[string]bool          // what a misspelt or unreadable key meant to set
	refused    map[string]bool          // names that no parameter may have, each reported where it is first set
	unkept     map[string]bool          // metrics of which it is not known what summary keeps
	linted     map[string]bool          // columns of quantiles that have been judged
	axes       []*rawAxis
	include    []rawPoint
	includedAt []document.Position // of the included points that the space has
	extracts   []workloads.Extract
	spec       *Spec
}

// build checks everything in the document that the decoder could not know. The
// points are checked if the document is whole: without the part that could not
// be read they are others.
func build(ctx context.Context, opts *Options, doc *specDoc, whole bool) (*Spec, document.Problems) {
	b := &builder{
		ctx: ctx, opts: opts, doc: doc,
		fixed: map[string]rawValue{}, swept: map[string]document.Text{}, computed: map[string]document.Text{},
		meant: map[string]bool{}, refused: map[string]bool{}, unkept: map[string]bool{}, linted: map[string]bool{},
	}
	b.checkVersion()
	b.workload = findWorkload(ctx, opts, doc, &b.problems)
	if b.workload == nil {
		return nil, b.problems
	}
	b.spec = &Spec{
		Name: doc.Name.Value, Title: doc.Title, Question: doc.Question, Tags: doc.Tags,
		Workload: *b.workload, Quick: doc.Quick,
	}
	for _, arg := range doc.Worker {
		b.spec.Worker = append(b.spec.Worker, arg.Value)
	}
	b.readParams()
	b.readSweep()
	b.readInclude()
	b.typeParams()
	b.readExtracts()
	b.buildSpace()
	b.buildMeasure()
	b.buildMetrics()
	b.buildSummary()
	b.checkUntil()
	b.checkColumns()
	b.buildClaims()
	b.buildPlots()
	b.warnQuick()
	if whole && len(b.problems) == 0 {
		b.checkPoints()
	}
	b.spec.Warnings = b.warnings.Sorted()
	return b.spec, b.problems
}

func (b *builder) checkVersion() {
	if v := b.doc.Version; v.IsValid() && v.Value != Version {
		b.problems.Add(v.Position, "", "version %d of the spec language is unknown, this runx reads version %d", v.Value, Version)
	}
}

// findWorkload finds what the spec measures among the built-in workloads or
// those of the worker that it names.
func findWorkload(ctx context.Context, opts *Options, doc *specDoc, p *document.Problems) *workloads.Workload {
	name := doc.Workload
	if !name.IsValid() {
		return nil // the decoder has said that it is missing
	}
	all := opts.Workloads
	if len(doc.Worker) > 0 {
		described, ok := describe(ctx, opts, doc, p)
		if !ok {
			return nil
		}
		all = described
	}
	var names []string
	for i := range all {
		if all[i].Name == name.Value {
			return &all[i]
		}
		names = append(names, all[i].Name)
	}
	slices.Sort(names)
	hint := cmp.Or(nearestHint(name.Value, names), "known are "+join(names))
	p.Add(name.Position, hint, "unknown workload %s", cmp.Or(name.Value, `""`))
	return nil
}

func describe(ctx context.Context, opts *Options, doc *specDoc, p *document.Problems) ([]workloads.Workload, bool) {
	var argv []string
	for _, arg := range doc.Worker {
		argv = append(argv, arg.Value)
	}
	at := doc.Worker[0].Position
	if opts.Describe == nil {
		p.Add(at, "", "an external worker cannot be started here")
		return nil, false
	}
	all, err := opts.Describe(ctx, argv)
	if err != nil {
		p.Add(at, "", "the worker does not describe its workloads: %s", err)
		return nil, false
	}
	for i := range all {
		if err := all[i].Validate(); err != nil {
			p.Add(at, "", "the worker describes its workloads wrongly: %s", err)
			return nil, false
		}
	}
	return all, true
}

// env is the environment of expressions over parameters: a value per
// parameter that shows its type.
func (b *builder) env() map[string]any {
	env := make(map[string]any, len(b.params))
	for i := range b.params {
		env[b.params[i].Name] = b.params[i].Kind.Zero()
	}
	return env
}

// parameterLanguage is that of expressions which decide what is measured.
func (b *builder) parameterLanguage() language {
	return language{env: b.env(), functions: mathFunctions(), unread: b.unread(), explain: b.explainMetric}
}

// explainMetric is the cure where a metric is named among parameters.
func (b *builder) explainMetric(name string) string {
	measured := slices.ContainsFunc(workloads.SampleMetrics(*b.workload, b.extracts), func(m workloads.Metric) bool { return m.Name == name })
	if _, computed := b.doc.Metrics.Get(name); !measured && !computed {
		return ""
	}
	return name + " is a metric: what is measured is decided before, by parameters alone"
}

// unread are the parameters that the spec sets and that have no type, because
// what it says of them is wrong. That has been reported, and is no fault of the
// expressions that name them.
func (b *builder) unread() map[string]bool {
	names := map[string]bool{}
	for name := range b.swept {
		names[name] = b.param(name) == nil
	}
	for name := range b.fixed {
		names[name] = b.param(name) == nil
	}
	return names
}

func (b *builder) param(name string) *workloads.Param {
	i := slices.IndexFunc(b.params, func(p workloads.Param) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &b.params[i]
}

// paramNames are the names that the spec may set, sorted, for hints.
func (b *builder) paramNames() []string {
	names := map[string]bool{}
	for _, p := range b.workload.Params {
		names[p.Name] = true
	}
	for _, p := range b.params {
		names[p.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
