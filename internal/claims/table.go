package claims

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/spec"
)

// What ends a warning, and what is between it and its cure, in a cell of
// claims.parquet.
const (
	warningEnd  = "\n"
	warningCure = " | "
)

// The types of values, as claims.parquet has them.
const (
	numberValue = "number"
	boolValue   = "bool"
)

// Columns are the columns of claims.parquet: which run and claim, the parameters
// that some claim names in for_each, and the judgement. They depend on the spec
// alone.
func Columns(s *spec.Spec) []results.Column {
	cols := []results.Column{
		{Name: "spec", Type: results.String, Required: true, Kind: results.KeyColumn, Doc: "name of the spec"},
		{Name: "run_id", Type: results.String, Required: true, Kind: results.KeyColumn, Doc: "one execution of the spec"},
		{Name: "claim", Type: results.String, Required: true, Kind: results.KeyColumn, Doc: "name of the claim"},
	}
	for _, name := range forEachParams(s) {
		cols = append(cols, groupColumn(s, name))
	}
	return append(cols, judgementColumns()...)
}

// judgementColumns are those that every spec has.
func judgementColumns() []results.Column {
	text := func(name, doc string) results.Column {
		return results.Column{Name: name, Type: results.String, Required: true, Kind: results.NoteColumn, Doc: doc}
	}
	number := func(name, unit, doc string) results.Column {
		return results.Column{Name: name, Type: results.Double, Kind: results.StatisticColumn, Unit: unit, Doc: doc}
	}
	count := func(name, unit, doc string) results.Column {
		return results.Column{Name: name, Type: results.Int64, Required: true, Kind: results.CountColumn, Unit: unit, Doc: doc}
	}
	return []results.Column{
		text("group", "the parameters of for_each and their values, empty where there are none"),
		text("verdict", "supported, refuted or inconclusive"),
		number("value", "", "the value of the claim over all samples; true is 1; NULL where there is none"),
		number("value_lo", "", "lower end of its 95% interval; NULL where there is none"),
		number("value_hi", "", "upper end of its 95% interval; NULL where there is none"),
		text("value_type", "number or bool"),
		{Name: "exact", Type: results.Bool, Required: true, Kind: results.NoteColumn, Doc: "what the value is made of did not vary, and it has no interval"},
		number("share_ratio", "", "share of the resamples that meet expect; NULL where there were none"),
		count("resamples_count", "resamples", "bootstrap resamples that were drawn"),
		count("points_count", "points", "points that the value is made of"),
		count("samples_count", "samples", "ok samples that the value is made of"),
		{Name: "samples_needed_count", Type: results.Int64, Kind: results.CountColumn, Unit: "samples",
			Doc: "about how many more would decide an inconclusive claim; NULL where no number can be named"},
		text("expression", "the claim's value, as written"),
		text("expect", "what the claim expects of it, as written"),
		text("reason", "why there is no value or no interval; empty where both are there"),
		text("warnings", "what is doubtful, a line each, the cure behind a bar"),
	}
}

// forEachParams are the parameters of all for_each, each once.
func forEachParams(s *spec.Spec) []string {
	var names []string
	for i := range s.Claims {
		for _, name := range s.Claims[i].ForEach {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// groupColumn is the column of a parameter, NULL where the claim does not name
// it in for_each.
func groupColumn(s *spec.Spec, param string) results.Column {
	c := results.Column{Name: groupColumnName(param), Type: results.String, Kind: results.ParamTableColumn}
	for _, of := range results.SummaryColumns(s) {
		if of.Name == param && of.Kind == results.ParamTableColumn {
			c.Type, c.Unit, c.Doc = of.Type, of.Unit, of.Doc
		}
	}
	return c
}

// groupColumnName is the parameter's name, or another where a column of all
// judgements has it.
func groupColumnName(param string) string {
	taken := slices.ContainsFunc(judgementColumns(), func(c results.Column) bool { return c.Name == param })
	if taken || param == "claim" {
		return "param_" + param
	}
	return param
}

// Write writes claims.parquet: a row per judgement.
func Write(r *results.Reading, judgements []Judgement) error {
	params := forEachParams(r.Spec)
	rows := make([][]any, 0, len(judgements))
	for i := range judgements {
		j := &judgements[i]
		row := []any{r.Spec.Name, r.Header.RunID, j.Claim}
		for _, name := range params {
			row = append(row, j.setting(name))
		}
		rows = append(rows, append(row, j.cells()...))
	}
	if err := r.WriteClaims(Columns(r.Spec), rows); err != nil {
		return fmt.Errorf("write the claims of run %s: %w", r.Header.RunID, err)
	}
	return nil
}

func (j *Judgement) setting(param string) any {
	for _, s := range j.Group {
		if s.Param == param {
			return s.Value
		}
	}
	return nil
}

// cells are the values of judgementColumns.
func (j *Judgement) cells() []any {
	valueType := numberValue
	if j.Bool {
		valueType = boolValue
	}
	needed := any(int64(j.SamplesNeeded))
	if j.SamplesNeeded < 0 {
		needed = nil
	}
	return []any{
		j.groupText(), string(j.Verdict), orNull(j.Value), orNull(j.Lo), orNull(j.Hi), valueType, j.Exact,
		orNull(j.Share), int64(j.Resamples), int64(j.Points), int64(j.Samples), needed,
		j.Expression, j.Expect, j.Reason, warningsText(j.Warnings),
	}
}

func orNull(v float64) any {
	if math.IsNaN(v) {
		return nil
	}
	return v
}

func (j *Judgement) groupText() string {
	var parts []string
	for _, s := range j.Group {
		parts = append(parts, fmt.Sprintf("%s=%v", s.Param, s.Value))
	}
	return strings.Join(parts, " ")
}

func warningsText(warnings []stats.Warning) string {
	var lines []string
	for _, w := range warnings {
		line := w.What
		if w.Cure != "" {
			line += warningCure + w.Cure
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, warningEnd)
}

// Read reads what Write wrote.
func Read(r *results.Reading) ([]Judgement, error) {
	t, err := r.Claims()
	if err != nil {
		return nil, fmt.Errorf("read the claims of run %s: %w", r.Header.RunID, err)
	}
	judgements := make([]Judgement, 0, t.Rows)
	for row := range t.Rows {
		j, err := readRow(r.Spec, t, row)
		if err != nil {
			return nil, fmt.Errorf("read the claims of run %s: %w", r.Header.RunID, err)
		}
		judgements = append(judgements, j)
	}
	return judgements, nil
}

func readRow(s *spec.Spec, t *results.Table, row int) (Judgement, error) {
	text := func(name string) string { v, _ := t.Value(row, name).(string); return v }
	count := func(name string) int { v, _ := t.Value(row, name).(int64); return int(v) }
	number := func(name string) float64 {
		if v, ok := t.Value(row, name).(float64); ok {
			return v
		}
		return math.NaN()
	}
	j := Judgement{
		Claim: text("claim"), Verdict: Verdict(text("verdict")),
		Value: number("value"), Lo: number("value_lo"), Hi: number("value_hi"), Share: number("share_ratio"),
		Bool: text("value_type") == boolValue, Exact: t.Value(row, "exact") == true,
		Resamples: count("resamples_count"), Points: count("points_count"), Samples: count("samples_count"),
		SamplesNeeded: count("samples_needed_count"),
		Expression:    text("expression"), Expect: text("expect"), Reason: text("reason"), Warnings: readWarnings(text("warnings")),
	}
	if t.Value(row, "samples_needed_count") == nil {
		j.SamplesNeeded = -1
	}
	j.Index = slices.IndexFunc(s.Claims, func(c spec.Claim) bool { return c.Name == j.Claim })
	if j.Index < 0 {
		return j, fmt.Errorf("the spec has no claim %q", j.Claim)
	}
	if text("group") == "" {
		return j, nil
	}
	for _, param := range s.Claims[j.Index].ForEach {
		j.Group = append(j.Group, Setting{param, t.Value(row, groupColumnName(param))})
	}
	return j, nil
}

func readWarnings(text string) []stats.Warning {
	if text == "" {
		return nil
	}
	var warnings []stats.Warning
	for line := range strings.SplitSeq(text, warningEnd) {
		what, cure, _ := strings.Cut(line, warningCure)
		warnings = append(warnings, stats.Warning{What: what, Cure: cure})
	}
	return warnings
}
