package results

import (
	"slices"

	"runx/workloads"
)

// A Type is the type of a column.
type Type string

// The types of columns.
const (
	Int64     Type = "int64"
	Double    Type = "double"
	String    Type = "string"
	Bool      Type = "bool"
	Timestamp Type = "timestamp" // microseconds UTC
)

// A ColumnKind is the part that a column plays.
type ColumnKind string

// The kinds of columns.
const (
	KeyColumn        ColumnKind = "key"       // says which run, point and sample the row is about
	NoteColumn       ColumnKind = "note"      // says how the sample went
	ParamTableColumn ColumnKind = "param"     // a parameter of the point
	MetricColumn     ColumnKind = "metric"    // a measured or computed number of a sample
	CountColumn      ColumnKind = "count"     // counts rows
	StatisticColumn  ColumnKind = "statistic" // a statistic of a metric over the ok samples of a point
	RunColumn        ColumnKind = "run"       // a fact of the run
)

// A Column describes one column of a table.
type Column struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
	// Required says that the column is never NULL.
	Required bool       `json:"required"`
	Kind     ColumnKind `json:"kind"`
	// Unit is empty where there is none: for a name, a flag, a plain number.
	Unit   string           `json:"unit,omitempty"`
	Better workloads.Better `json:"better,omitempty"`
	Doc    string           `json:"doc,omitempty"`
}

func findColumn(cols []Column, name string) int {
	return slices.IndexFunc(cols, func(c Column) bool { return c.Name == name })
}
