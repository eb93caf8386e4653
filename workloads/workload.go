package workloads

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Workload is one measurable thing, described well enough that a spec can be
// validated, completed by an editor and explained without running it.
type Workload struct {
	// Name is what a spec writes after "workload:"; for a built-in workload it
	// is also the name of its package.
	Name string `json:"name"`
	// Doc says what is measured, what is not, and how far a result carries.
	// Its first sentence stands alone in listings.
	Doc string `json:"doc"`
	// Params are the parameters in the order of their columns.
	Params []Param `json:"params"`
	// FreeParams admits parameters beside the declared ones: any name, any
	// scalar. A command template needs it.
	FreeParams bool `json:"free_params,omitempty"`
	// Metrics are what a sample holds beside the metrics that every sample has
	// (see [SampleMetrics]).
	Metrics []Metric `json:"metrics,omitempty"`
	// Extracts says that the spec names further metrics and how they are
	// found in what the workload prints (see [Extract]).
	Extracts bool `json:"extracts,omitempty"`
	// ManyRows says that one repetition may yield many measurements, as a request
	// log does: the number of samples that a spec asks for is then no measure of
	// how far into a tail its quantiles can see.
	ManyRows bool `json:"many_rows,omitempty"`
	// Command tells which program a point starts, and with what arguments, so
	// that a plan can show it; nil where the workload starts none.
	Command func(Values) ([]string, error) `json:"-"`
	// Check tells why a point cannot be opened although each of its parameters
	// is right by itself: a relation between them does not hold. The error is
	// a [Conflict], or any other one whose text has the values in it. It is
	// called for each point before anything runs, so it is pure and takes no
	// longer than some microseconds; nil where any combination can be opened.
	// Open refuses what Check does, since it may be called without.
	Check func(Values) error `json:"-"`
	// Open makes an instance for one point. An error that wraps
	// [ErrUnsupported] skips the point; any other one fails it.
	Open func(context.Context, Env) (Instance, error) `json:"-"`
}

// Env is what an instance is made from.
type Env struct {
	// Params are complete and checked: every declared parameter is there.
	Params Values
	// Extracts are the metrics that the spec asks of a workload that extracts.
	Extracts []Extract
	// Seed is the source of all randomness of the instance. It depends on the
	// spec's seed and on the point, not on the order of the points. An instance
	// that is opened when the point has samples already, as each one is under
	// isolate: sample, gets a seed that depends on their number too, so that it
	// does not repeat them.
	Seed uint64
	// Log takes what a person may want to read when something fails; never nil.
	Log io.Writer
	// Dir is the absolute path of a folder of this point's own among the
	// results, for files that belong to them: a trace, a picture. It may not
	// exist yet. It is "" where nothing is kept.
	Dir string
	// Launch tells how the process that the instance lives in came to be, where
	// this is its first instance; the zero value elsewhere.
	Launch Launch
	// Spawn opens an instance of the same workload with other parameters in a
	// new process; closing the instance ends the process. It is nil where no
	// process can be started.
	Spawn func(context.Context, Values) (Instance, error)
}

// Launch is the way of a process from the wish for it to its first line of
// work, in times of the system's clock, which processes share. The next thing
// that happens is Open.
type Launch struct {
	// Asked is when the host asked the system for the process.
	Asked time.Time
	// Running is when the system had replaced the copy of the host by the
	// program: what follows is the program's own start.
	Running time.Time
	// Serving is when the program began to serve: its runtime and its packages
	// were initialised.
	Serving time.Time
}

// IsZero tells whether nothing is known.
func (l Launch) IsZero() bool { return l == Launch{} }

// An Instance performs the operation of one point. Its methods are called by
// one goroutine at a time.
type Instance interface {
	// Sample performs the operation once and records it: one row, or many
	// where one repetition yields many measurements (a request log). An error
	// fails the sample, not the instance: Sample may be called again.
	Sample(context.Context, *Recorder) error
	// Close releases everything. It is idempotent.
	Close() error
}

// A Verifier is an instance that can tell whether its answers are right.
type Verifier interface {
	Verify(context.Context) error
}

// A MultiSampler is an instance for which n samples in one call cost less than
// n calls: one that lives in another process.
type MultiSampler interface {
	// SampleN appends the rows of up to n samples, of which the first is
	// repetition r.Rep(). It stops at the first one that fails: the rows before
	// it are in the recorder.
	SampleN(ctx context.Context, n int, r *Recorder) error
}

// ErrUnsupported marks a point that cannot be measured here, whatever one
// tries: an instruction set, an operating system or a library lacks it.
var ErrUnsupported = errors.New("not supported here")

// An Extract finds one metric in what a program prints: by a regular
// expression whose first group is the number, or by a path into JSON
// (names and indices joined by dots). Exactly one of the two is set.
type Extract struct {
	Metric string `json:"metric"`
	Regex  string `json:"regex,omitempty"`
	JSON   string `json:"json,omitempty"`
}

// NamePattern is the form of the names of parameters and metrics: they become
// column names that need no quoting in any reader, and identifiers in
// expressions.
var NamePattern namePattern

// A namePattern is used as the regular expression that it is written as; to
// compile that would take longer than all else at the start of a worker.
type namePattern struct{}

const longestName = 63

func (namePattern) String() string { return `^[a-z][a-z0-9_]{0,62}$` }

// MatchString reports whether s is a name.
func (namePattern) MatchString(s string) bool {
	if s == "" || len(s) > longestName || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for _, c := range []byte(s) {
		if c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// Param returns the declared parameter of that name.
func (w *Workload) Param(name string) (Param, bool) {
	i := slices.IndexFunc(w.Params, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return Param{}, false
	}
	return w.Params[i], true
}

// Synopsis is the first sentence of the documentation.
func (w *Workload) Synopsis() string {
	doc := strings.Join(strings.Fields(w.Doc), " ")
	if i := strings.Index(doc, ". "); i >= 0 {
		return doc[:i+1]
	}
	return doc
}

// Validate says everything that is wrong with the description: what is not
// documented, misnamed or contradicts itself is refused before it can be used.
func (w *Workload) Validate() error {
	var problems []error
	add := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("workload %q: "+format, append([]any{w.Name}, args...)...))
	}
	if !NamePattern.MatchString(w.Name) {
		add("the name does not match %s", NamePattern)
	}
	if strings.TrimSpace(w.Doc) == "" {
		add("it has no doc")
	}
	if w.Open == nil {
		add("it has no Open")
	}
	seen := map[string]string{}
	for _, m := range RunnerMetrics() {
		seen[m.Name] = "a metric that every sample has"
	}
	claim := func(name, what string) {
		if other := seen[name]; other != "" {
			add("%s %q is already %s", what, name, other)
		}
		seen[name] = "a " + what
	}
	for _, p := range w.Params {
		claim(p.Name, "parameter")
		if err := p.validate(); err != nil {
			add("%w", err)
		}
	}
	for _, m := range w.Metrics {
		claim(m.Name, "metric")
		if err := m.validate(); err != nil {
			add("%w", err)
		}
	}
	return errors.Join(problems...)
}
