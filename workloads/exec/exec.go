package exec

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os/exec"

	"runx/workloads"
)

//go:embed doc.go
var source string

// Workload describes exec.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "exec",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{
			{Name: "command", Kind: workloads.String,
				Doc: "the program and its arguments; {name} is the parameter of that name"},
			{Name: "shell", Kind: workloads.Bool, Default: false,
				Doc: "give the command to sh -c instead of splitting it into arguments"},
		},
		FreeParams: true,
		Metrics: []workloads.Metric{
			{Name: "child_cpu_ms", Better: workloads.Lower,
				Doc: "CPU time, user and system, of the program and the children that it waited for"},
			{Name: "child_peak_rss_bytes", Better: workloads.Lower,
				Doc: "highest resident memory of the program or of one of its children; NULL where not above that of runx"},
		},
		Extracts: true,
		Command:  commandLine,
		Check: func(params workloads.Values) error {
			_, err := commandLine(params)
			return err
		},
		Open: open,
	}
}

type instance struct {
	argv       []string
	extractors []extractor
	run        run          // of the sample in progress
	perform    func() error // i.run.perform, made once
}

// commandLine is the program of a point with its arguments.
func commandLine(params workloads.Values) ([]string, error) {
	var p struct {
		Command string `param:"command"`
		Shell   bool   `param:"shell"`
	}
	if err := params.Decode(&p); err != nil {
		return nil, err
	}
	split := arguments
	if p.Shell {
		split = shellCommand
	}
	argv, err := split(p.Command, params)
	if err != nil {
		return nil, conflict(p.Command, err)
	}
	return argv, nil
}

// conflict tells that a template cannot be filled with the parameters.
func conflict(command string, err error) error {
	c := &workloads.Conflict{Params: []string{"command"}, Problem: fmt.Sprintf("command %q: %s", command, err)}
	if missing, ok := errors.AsType[*missingParam](err); ok && !isOwn(missing.name) {
		c.Cure = fmt.Sprintf("add %s to params or sweep, or write {{%s}} where the program is to see the braces", missing.name, missing.name)
	}
	return c
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	argv, err := commandLine(env.Params)
	if err != nil {
		return nil, err
	}
	if _, err := exec.LookPath(argv[0]); err != nil {
		return nil, err
	}
	i := &instance{argv: argv}
	for _, e := range env.Extracts {
		x, err := newExtractor(e)
		if err != nil {
			return nil, fmt.Errorf("extract %s: %w", e.Metric, err)
		}
		i.extractors = append(i.extractors, x)
	}
	i.perform = i.run.perform
	return i, nil
}

// Sample runs the program once.
func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	if err := i.run.prepare(ctx, i.argv, len(i.extractors) > 0); err != nil {
		return err
	}
	if err := r.MeasureOnce(i.perform); err != nil {
		return err
	}
	cpu, rss := i.run.usage()
	r.Set("child_cpu_ms", cpu)
	r.Set("child_peak_rss_bytes", rss)
	for _, x := range i.extractors {
		v, err := x.find(&i.run.stdout, &i.run.stderr)
		if err != nil {
			return fmt.Errorf("extract %s: %w", x.metric, err)
		}
		r.Set(x.metric, v)
	}
	return nil
}

func (i *instance) Close() error { return nil }
