package results

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A RunInfo is one line of a listing.
type RunInfo struct {
	Dir, ID, Spec, Title string
	Status               RunStatus
	Quick                bool // a smoke test
	// CreatedAt is in microseconds since 1970 UTC.
	CreatedAt int64
}

// List returns the runs under root, oldest first. It reads the ends of the
// journals only.
func List(root string) ([]RunInfo, error) {
	dirs, err := runDirs(root)
	if err != nil {
		return nil, err
	}
	var runs []RunInfo
	for _, dir := range dirs {
		runs = append(runs, Info(dir))
	}
	return runs, nil
}

// runDirs are the directories of runs, oldest first.
func runDirs(root string) ([]string, error) {
	// Relative to root, whose own characters are then no part of the pattern.
	names, err := fs.Glob(os.DirFS(root), "*/*/"+JournalFile)
	if err != nil {
		return nil, fmt.Errorf("list runs in %s: %w", root, err)
	}
	var dirs []string
	for _, name := range names {
		dir := filepath.Join(root, filepath.Dir(name))
		if runIDPattern.MatchString(filepath.Base(dir)) {
			dirs = append(dirs, dir)
		}
	}
	slices.SortFunc(dirs, compareAge)
	return dirs, nil
}

// compareAge orders directories of runs by when these began. Only those of the
// same second need a look into their journals.
func compareAge(a, b string) int {
	if c := cmp.Compare(secondOf(filepath.Base(a)), secondOf(filepath.Base(b))); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(createdAt(a), createdAt(b)), cmp.Compare(a, b))
}

// createdAt is when a run began, in microseconds since 1970 UTC; 0 where its
// journal does not say.
func createdAt(dir string) int64 {
	records, err := ReadJournal(filepath.Join(dir, JournalFile))
	if err != nil {
		return 0
	}
	return records.Header.CreatedAt
}

// Info tells what the journal of the run in dir says at its ends. Where it cannot
// be read, the run is damaged and named after its directory.
func Info(dir string) RunInfo {
	i := RunInfo{Dir: dir, ID: filepath.Base(dir), Spec: filepath.Base(filepath.Dir(dir)), Status: Damaged}
	path := filepath.Join(dir, JournalFile)
	records, err := ReadJournal(path)
	if err != nil {
		return i
	}
	h := records.Header
	i.ID, i.Spec, i.Title, i.CreatedAt, i.Quick = h.RunID, h.Spec, h.Title, h.CreatedAt, h.Quick
	if i.Status = finishedStatus(path); i.Status == "" {
		i.Status = unfinishedStatus(dir)
	}
	return i
}

// finishedStatus is how a run ended: that is its last line, if it is there.
func finishedStatus(path string) RunStatus {
	tail, err := readTail(path, 4<<10)
	if err != nil {
		return ""
	}
	end := bytes.LastIndexByte(tail, '\n')
	if end < 0 {
		return ""
	}
	line := tail[bytes.LastIndexByte(tail[:end], '\n')+1 : end]
	var d lineDecoder
	if d.decode(line) != nil || d.record.Event == nil {
		return ""
	}
	return d.event.Status
}

func readTail(path string, n int64) (_ []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(f, max(0, size-n), n))
}

// Find returns the directory of a run by its path, by its id or a unique
// beginning of it, or of the newest run of a spec by the spec's name.
func Find(root, name string) (dir string, err error) {
	for _, path := range []string{name, filepath.Join(root, name)} {
		if _, err := os.Stat(filepath.Join(path, JournalFile)); name != "" && err == nil {
			return filepath.Clean(path), nil
		}
	}
	dirs, err := runDirs(root)
	if err != nil {
		return "", err
	}
	var newest string
	var begins []string
	for _, d := range dirs {
		if filepath.Base(filepath.Dir(d)) == name {
			newest = d
		}
		if name != "" && strings.HasPrefix(filepath.Base(d), name) {
			begins = append(begins, d)
		}
	}
	switch {
	case newest != "":
		return newest, nil
	case len(begins) == 1:
		return begins[0], nil
	case len(begins) > 1:
		return "", &Error{
			What: fmt.Sprintf("%q is the beginning of %d run ids", name, len(begins)),
			Cure: "write more of it: " + strings.Join(shorten(begins), ", "),
			Err:  ErrNotFound,
		}
	}
	return "", notFound(root, name, dirs)
}

func notFound(root, name string, dirs []string) error {
	e := &Error{What: fmt.Sprintf("there is no run or spec %q in %s", name, root), Err: ErrNotFound}
	if len(dirs) == 0 {
		e.Cure = "there are no runs yet: runx run SPEC"
		return e
	}
	slices.Reverse(dirs)
	e.Cure = "the newest runs are " + strings.Join(shorten(dirs), ", ")
	return e
}

// shorten names the first few runs.
func shorten(dirs []string) []string {
	const few = 5
	var names []string
	for _, d := range dirs[:min(few, len(dirs))] {
		names = append(names, filepath.Base(filepath.Dir(d))+"/"+filepath.Base(d))
	}
	if len(dirs) > few {
		names = append(names, "...")
	}
	return names
}
