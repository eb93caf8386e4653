package results

import (
	"io"
	"path/filepath"
	"strings"

	"runx/internal/journal"
)

// A fact is one column of run.parquet and its only value: int64, float64,
// string or bool; nil is NULL.
type fact struct {
	Column
	value any
}

// writeRun writes the provenance: a table of one row.
func (d *derivation) writeRun() error {
	facts, err := d.facts()
	if err != nil {
		return err
	}
	var cols []Column
	for _, f := range facts {
		cols = append(cols, f.Column)
	}
	meta, err := d.meta(cols)
	if err != nil {
		return err
	}
	return writeFile(d.path(RunFile), func(out io.Writer) error {
		table, err := newTableWriter(out, "run", cols, meta)
		if err != nil {
			return err
		}
		for _, f := range facts {
			table.Value(f.value)
		}
		if err := table.EndRow(); err != nil {
			return err
		}
		return table.Close()
	})
}

// status is how the run ended; without a record of that it is running, or was
// killed.
func (d *derivation) status() RunStatus {
	if d.run.status != "" {
		return d.run.status
	}
	return unfinishedStatus(d.dir)
}

func unfinishedStatus(dir string) RunStatus {
	locked, err := journal.Locked(filepath.Join(dir, JournalFile))
	if err == nil && locked {
		return Running
	}
	return Interrupted
}

func (d *derivation) facts() ([]fact, error) {
	planned, err := d.planned()
	if err != nil {
		return nil, err
	}
	facts := d.identity()
	facts = append(facts, d.counts(planned)...)
	facts = append(facts, d.measureFacts()...)
	return append(facts, d.records.Header.Environment.facts()...), nil
}

func (d *derivation) identity() []fact {
	h, s := d.records.Header, d.spec
	return []fact{
		required("run_id", h.RunID, "one execution of the spec"),
		required("spec", h.Spec, "name of the spec"),
		optional("title", s.Title, "what the spec is called"),
		optional("question", s.Question, "what the spec asks"),
		optional("tags", strings.Join(s.Tags, ","), "tags of the spec, joined by commas"),
		required("workload", h.Workload.Name, "what was measured"),
		required("status", string(d.status()), "complete, interrupted, failed or running"),
		timestamp("started_at", h.CreatedAt, "when the run was created, UTC"),
		timestamp("finished_at", d.run.finishedAt, "when the run ended, UTC; NULL where it was killed or goes on"),
		required("spec_sha256", h.SpecSHA256, "hash of spec.yaml"),
		optional("command", quoteCommand(h.Command), "the command line"),
		count("resumes_count", d.run.resumes, "how often the run was resumed"),
		bytesFact("runner_peak_rss_bytes", d.run.peakRSSBytes, "highest resident memory of the runner when the run ended"),
	}
}

func (d *derivation) counts(planned int64) []fact {
	facts := []fact{
		{Column{Name: "points_planned_count", Type: Int64, Kind: RunColumn, Unit: "count",
			Doc: "points of the plan; NULL where an interrupted run has too many to count"}, orNull(planned)},
		count("points_visited_count", d.run.visited, "points with at least one sample: the rows of the summary"),
		count("samples_count", d.run.rows, "samples taken or tried"),
	}
	for _, s := range statuses {
		facts = append(facts, count("samples_"+string(s)+"_count", d.run.byStatus[s], "samples with the status "+string(s)))
	}
	return append(facts, count("samples_tainted_count", d.run.tainted, "samples during which interference was seen"))
}

func (d *derivation) measureFacts() []fact {
	m := d.spec.Measure
	return []fact{
		{Column{Name: "seed", Type: Int64, Kind: RunColumn, Doc: "seed of the order and of the workload; NULL beyond 63 bits"}, orNull(int64(m.Seed))},
		required("measure_order", string(m.Order), "order of the points"),
		required("measure_isolate", string(m.Isolate), "how often a fresh process measured"),
		count("warmup_count", int64(m.Warmup), "samples thrown away before each point"),
		{Column{Name: "quick", Type: Bool, Required: true, Kind: RunColumn, Doc: "the run was a smoke test"}, d.spec.Quick},
	}
}

// maxCounted bounds the points that are counted for an interrupted run.
const maxCounted = 1 << 20

// planned counts the points of the plan, -1 where there are too many. A
// complete run has visited them all.
func (d *derivation) planned() (int64, error) {
	if d.run.status == Complete {
		return d.run.visited, nil
	}
	if d.spec.Size() > maxCounted {
		return -1, nil
	}
	n := int64(0)
	for _, err := range d.spec.Points() {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
