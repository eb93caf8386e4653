package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"runx/internal/journal"
	"runx/spec"
)

// CreateOptions say what a run is made with.
type CreateOptions struct {
	// RunID names the run; empty makes one from the time and chance.
	RunID string
	// Command is the command line, for the record.
	Command []string
}

// Create makes the directory root/<spec>/<run_id> with spec.yaml and a journal
// that holds its header. The directory appears whole or not at all: it is made
// under another name and renamed, and on an error everything is taken back.
func Create(root string, s *spec.Spec, opts CreateOptions) (*Run, error) {
	if err := checkTables(s); err != nil {
		return nil, err
	}
	now := time.Now()
	id := opts.RunID
	if id == "" {
		id = newRunID(now)
	}
	if !runIDPattern.MatchString(id) {
		return nil, &Error{
			What: fmt.Sprintf("%q is not a run id", id),
			Cure: "the form is YYYYMMDDthhmmssz-xxxx, as in " + newRunID(now),
		}
	}
	dir := filepath.Join(root, s.Name, id)
	if err := makeRun(dir, s, newHeader(s, id, opts.Command, now)); err != nil {
		return nil, createError(dir, err)
	}
	r, _, err := openRun(dir)
	return r, err
}

// checkTables finds columns of the same name before anything is measured.
func checkTables(s *spec.Spec) error {
	for _, cols := range [][]Column{SampleColumns(s), SummaryColumns(s)} {
		if _, err := schema("check", cols); err != nil {
			return &Error{What: fmt.Sprintf("the tables of spec %s: %v", s.Name, err), Cure: "rename the parameter or metric", Err: err}
		}
	}
	return nil
}

// makeRun fills a directory beside dir and renames it.
func makeRun(dir string, s *spec.Spec, h *Header) (err error) {
	if _, err := os.Lstat(dir); err == nil {
		return ErrExists
	}
	parent := filepath.Dir(dir)
	made, err := makeParents(parent)
	defer func() {
		if err != nil {
			removeEmpty(made)
		}
	}()
	if err != nil {
		return err
	}
	tmp := filepath.Join(parent, ".new-"+h.RunID+"-"+randomHex(4))
	if err := os.Mkdir(tmp, 0o755); err != nil {
		return err
	}
	if err := fillRun(tmp, s, h); err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	if err := os.Rename(tmp, dir); err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	for _, d := range append(made, dir) {
		err = errors.Join(err, journal.SyncDir(filepath.Dir(d)))
	}
	return err
}

func fillRun(dir string, s *spec.Spec, h *Header) error {
	line, err := h.line()
	if err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(dir, SpecFile), s.Resolved); err != nil {
		return err
	}
	j, err := journal.Create(filepath.Join(dir, JournalFile), journal.Options{})
	if err != nil {
		return err
	}
	return errors.Join(j.Append(line), j.Close())
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// makeParents makes dir and returns those directories that were not there,
// innermost first.
func makeParents(dir string) (made []string, err error) {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, fs.ErrNotExist) || d == filepath.Dir(d) {
			break
		}
		made = append(made, d)
	}
	return made, os.MkdirAll(dir, 0o755)
}

// removeEmpty removes directories that nobody has put anything into.
func removeEmpty(dirs []string) {
	for _, d := range dirs {
		if os.Remove(d) != nil {
			return
		}
	}
}

// createError says what is wrong with the place of a run.
func createError(dir string, err error) error {
	e := &Error{What: fmt.Sprintf("cannot create %s: %v", dir, err), Err: err}
	switch {
	case errors.Is(err, ErrExists) || errors.Is(err, fs.ErrExist):
		e.What = fmt.Sprintf("run %s exists already in %s", filepath.Base(dir), filepath.Dir(dir))
		e.Cure = "to go on with it: runx resume " + dir
		e.Err = ErrExists
	case isFull(err):
		e.Cure = "free some space, or choose another directory with -o DIR"
	default:
		e.Cure = "choose a directory that can be written with -o DIR"
	}
	return e
}
