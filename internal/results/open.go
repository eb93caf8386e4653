package results

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"runx/internal/journal"
)

// Open continues a run: it locks the journal, cuts off a torn tail and records
// that the run was resumed. In a run that is complete it changes nothing:
// [Run.Retry] does.
func Open(dir string) (*Run, error) {
	r, state, err := openRun(dir)
	if err != nil {
		return nil, err
	}
	if r.complete = state.status == Complete; r.complete {
		return r, nil
	}
	if err := r.event(Event{Kind: ResumedEvent, CutBytes: state.cut}); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// journalState is what openRun learns of a journal on the way.
type journalState struct {
	status RunStatus // recorded last; empty where the run never finished, or went on after it
	cut    int64     // bytes of the torn tail
	err    error     // the first line that does not fit those before it
}

func openRun(dir string) (*Run, *journalState, error) {
	path := filepath.Join(dir, JournalFile)
	if _, err := ReadJournal(path); err != nil { // so that a file without a header is not touched
		return nil, nil, openError(dir, err)
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, openError(dir, err)
	}
	r := &Run{dir: dir, absolute: absolute, ended: map[int64]Ending{}, retried: map[int64]int64{}}
	var state journalState
	var d lineDecoder
	var seq sequence
	valid := func(line []byte) error {
		if err := d.decode(line); err != nil {
			return err
		}
		if err := seq.check(&d.record); err != nil {
			state.err = cmp.Or(state.err, err)
			return nil
		}
		switch e := d.record.Event; {
		case d.record.Sample != nil:
			r.samples++
		case e == nil:
		case e.Kind == FinishedEvent:
			state.status = e.Status
		case e.Kind == ResumedEvent:
			state.status = ""
		case e.Kind == EndedEvent:
			r.ended[*e.Point] = e.Ending
		case e.Kind == RetriedEvent:
			r.forgive(*e.Point)
		}
		return nil
	}
	j, cut, err := journal.Open(path, valid, journal.Options{})
	if err != nil {
		return nil, nil, openError(dir, journalError(path, err))
	}
	if state.err != nil {
		return nil, nil, errors.Join(&Error{
			What: fmt.Sprintf("%s is damaged: %v", path, state.err),
			Cure: "what precedes the damage can be kept by hand; begin a new run",
			Err:  ErrCorrupt,
		}, j.Close())
	}
	r.journal, r.points, r.header = j, seq.points, &d.header
	state.cut = cut
	return r, &state, nil
}

// openError says what is wrong with the directory of a run.
func openError(dir string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{
			What: fmt.Sprintf("%s is not the directory of a run: it has no %s", dir, JournalFile),
			Cure: "runs are directories out/SPEC/RUN_ID",
			Err:  errors.Join(ErrNotFound, err),
		}
	case errors.Is(err, journal.ErrLocked):
		return &Error{
			What: fmt.Sprintf("another process is writing the run in %s", dir),
			Cure: "wait for it to end, or end it",
			Err:  errors.Join(ErrLocked, err),
		}
	}
	return err
}
