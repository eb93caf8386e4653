package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"runx/internal/document"
	"runx/internal/report"
	"runx/workloads"
	"runx/workloads/suite"
)

func newList(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [WORKLOAD]",
		Short: "the workloads; one workload's parameters, metrics and documentation",
		Example: `  runx list
  runx list attention
  runx list --json | jq '.[].name'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return exactly(1)(cmd, args)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			all := suite.All()
			if len(args) == 0 {
				if asJSON {
					return writeJSON(t.out, all)
				}
				return listAll(t, all)
			}
			w, err := findWorkload(all, args[0])
			switch {
			case err != nil:
				return err
			case asJSON:
				return writeJSON(t.out, w)
			}
			return describeWorkload(t, w)
		},
		ValidArgsFunction: completeWorkloads,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func completeWorkloads(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return workloadNames(suite.All()), cobra.ShellCompDirectiveNoFileComp
}

func workloadNames(ws []workloads.Workload) []string {
	names := make([]string, len(ws))
	for i, w := range ws {
		names[i] = w.Name
	}
	return names
}

func findWorkload(all []workloads.Workload, name string) (workloads.Workload, error) {
	for _, w := range all {
		if w.Name == name {
			return w, nil
		}
	}
	names := workloadNames(all)
	err := usagef("unknown workload %q", name)
	if near := document.Nearest(name, names); near != "" {
		return workloads.Workload{}, withHint(err, "did you mean %q?", near)
	}
	return workloads.Workload{}, withHint(err, "one of %s", strings.Join(names, ", "))
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func listAll(t *terminal, all []workloads.Workload) error {
	table := report.Table{Columns: []report.TableColumn{{Title: "workload", Keep: true}, {Title: "what it measures", Keep: true}}}
	for _, w := range all {
		table.Rows = append(table.Rows, []string{w.Name, w.Synopsis()})
	}
	_, err := table.Write(t.out, t.outWidth(), t.outStyle())
	return err
}

// describeWorkload prints all that a spec can say about a workload.
func describeWorkload(t *terminal, w workloads.Workload) error {
	style := t.outStyle()
	fmt.Fprintf(t.out, "%s\n\n%s\n", style.Bold(w.Name), strings.TrimSpace(w.Doc))
	if len(w.Params) > 0 {
		fmt.Fprintf(t.out, "\n%s\n", style.Bold("parameters"))
		for _, p := range w.Params {
			fmt.Fprintf(t.out, "  %s  %s\n      %s\n", p.Name, style.Dim(typeOf(p)), p.Doc)
		}
	}
	if w.FreeParams {
		fmt.Fprintln(t.out, "  any other name is a parameter too")
	}
	declared := workloads.Workload{Metrics: w.Metrics}
	fmt.Fprintf(t.out, "\n%s\n", style.Bold("metrics"))
	for _, m := range workloads.SampleMetrics(declared, nil) {
		fmt.Fprintf(t.out, "  %s%s\n      %s\n", m.Name, style.Dim(betterOf(m)), m.Doc)
	}
	if w.Extracts {
		fmt.Fprintln(t.out, "  and those that the spec extracts")
	}
	return nil
}

// typeOf says what values a parameter takes: "int tokens, 1 to 65536, default 1024".
func typeOf(p workloads.Param) string {
	parts := []string{string(p.Kind)}
	if p.Kind == workloads.Enum {
		parts[0] = strings.Join(p.Enum, " | ")
	}
	if p.Unit != "" {
		parts[0] += " " + p.Unit
	}
	switch {
	case p.Min != nil && p.Max != nil:
		parts = append(parts, p.FormatBound(*p.Min)+" to "+p.FormatBound(*p.Max))
	case p.Min != nil:
		parts = append(parts, "at least "+p.FormatBound(*p.Min))
	case p.Max != nil:
		parts = append(parts, "at most "+p.FormatBound(*p.Max))
	}
	if p.Default == nil {
		parts = append(parts, "required")
	} else {
		text := workloads.FormatValue(p.Default)
		if text == "" {
			text = `""`
		}
		parts = append(parts, "default "+text)
	}
	return strings.Join(parts, ", ")
}

func betterOf(m workloads.Metric) string {
	if m.Better == workloads.Neither {
		return ""
	}
	return "  " + string(m.Better) + " is better"
}
