package results

import (
	"fmt"

	"runx/spec"
	"runx/workloads"
)

// intervalConfidence is that of the intervals of quantiles.
const intervalConfidence = 0.95

// SummaryColumns are the columns of summary.parquet. They depend on the spec
// alone.
func SummaryColumns(s *spec.Spec) []Column {
	cols := append(keyColumns(), paramTableColumns(s)...)
	count := func(name, doc string) {
		cols = append(cols, Column{Name: name, Type: Int64, Required: true, Kind: CountColumn, Unit: "samples", Doc: doc})
	}
	count("n", "samples taken or tried")
	count("n_ok", "samples that the statistics are made from")
	count("n_failed", "samples that failed or ran out of time; the rest of n was skipped")
	count("n_tainted", "samples during which interference was seen; the statistics hold those that are ok")
	cols = append(cols, Column{Name: "n_eff", Type: Double, Kind: CountColumn, Unit: "samples",
		Doc: "how many independent samples would know the level of latency_ms as well as the ok ones do in their order: less than n_ok where neighbours are alike; NULL where there is no latency"})
	metrics := map[string]workloads.Metric{}
	for _, m := range s.SampleMetrics() {
		metrics[m.Name] = m
	}
	for _, ms := range s.Summary {
		for _, stat := range ms.Stats {
			cols = append(cols, statColumns(metrics[ms.Metric], stat)...)
		}
	}
	return cols
}

// statColumns are the column of a statistic and, for a quantile, those of its
// interval.
func statColumns(m workloads.Metric, stat spec.Stat) []Column {
	name := fmt.Sprintf("%s_%s", m.Name, stat)
	c := Column{Name: name, Type: Double, Kind: StatisticColumn, Unit: workloads.UnitOf(m.Name), Better: m.Better}
	switch stat {
	case spec.CV, spec.Skewness:
		c.Unit, c.Better = "", workloads.Neither
	}
	q, isQuantile := stat.Quantile()
	if !isQuantile {
		c.Doc = fmt.Sprintf("%s over the ok samples", stat)
		return []Column{c}
	}
	c.Doc = fmt.Sprintf("quantile %g over the ok samples, type 7", q)
	lo, hi := c, c
	lo.Name, hi.Name = name+"_lo", name+"_hi"
	lo.Doc = fmt.Sprintf("lower end of its %g%% interval; NULL where the samples, or the repetitions that yielded them, are too few for one", 100*intervalConfidence)
	hi.Doc = fmt.Sprintf("upper end of its %g%% interval; NULL where the samples, or the repetitions that yielded them, are too few for one", 100*intervalConfidence)
	return []Column{c, lo, hi}
}
