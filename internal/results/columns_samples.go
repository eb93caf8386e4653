package results

import (
	"runx/spec"
	"runx/workloads"
)

// keyColumns begin the tables of samples and points.
func keyColumns() []Column {
	return []Column{
		{Name: "spec", Type: String, Required: true, Kind: KeyColumn, Doc: "name of the spec"},
		{Name: "run_id", Type: String, Required: true, Kind: KeyColumn, Doc: "one execution of the spec"},
		{Name: "point_id", Type: String, Required: true, Kind: KeyColumn, Doc: "hash of the workload and its parameters, the same across runs"},
	}
}

// SampleColumns are the columns of samples.parquet. They depend on the spec
// alone.
func SampleColumns(s *spec.Spec) []Column {
	cols := append(keyColumns(),
		Column{Name: "round", Type: Int64, Required: true, Kind: KeyColumn, Doc: "pass over the points, from 0"},
		Column{Name: "rep", Type: Int64, Required: true, Kind: KeyColumn, Doc: "sample of the point, from 0"},
		Column{Name: "started_at", Type: Timestamp, Required: true, Kind: KeyColumn, Doc: "when the operation began, UTC"},
		Column{Name: "status", Type: String, Required: true, Kind: NoteColumn, Doc: "ok, failed, timeout or skipped"},
		Column{Name: "error", Type: String, Kind: NoteColumn, Doc: "why the sample is not ok"},
		Column{Name: "tainted", Type: String, Kind: NoteColumn, Doc: "interference seen during the sample"},
	)
	cols = append(cols, paramTableColumns(s)...)
	for _, m := range s.SampleMetrics() {
		cols = append(cols, metricColumn(m))
	}
	return cols
}

func paramTableColumns(s *spec.Spec) []Column {
	var cols []Column
	for _, p := range s.Params {
		cols = append(cols, Column{
			Name: p.Name, Type: paramType(p.Kind), Required: true, Kind: ParamTableColumn, Unit: p.Unit, Doc: p.Doc,
		})
	}
	return cols
}

func paramType(k workloads.Kind) Type {
	switch k {
	case workloads.Int:
		return Int64
	case workloads.Float:
		return Double
	case workloads.Bool:
		return Bool
	}
	return String
}

func metricColumn(m workloads.Metric) Column {
	return Column{
		Name: m.Name, Type: Double, Kind: MetricColumn, Unit: workloads.UnitOf(m.Name), Better: m.Better, Doc: m.Doc,
	}
}
