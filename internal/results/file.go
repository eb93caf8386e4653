package results

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"runx/internal/journal"
)

// writeFile makes a file that is whole or not there: it is written under a
// name that no reader's pattern for tables matches, synced, and renamed. On an
// error a file of that name that was there before stays as it is.
func writeFile(path string, write func(io.Writer) error) error {
	dir, name := filepath.Split(path)
	tmp := filepath.Join(dir, "."+name+"."+randomHex(4)+".tmp")
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	buffered := bufio.NewWriterSize(f, 256<<10)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
		return tableError(path, err)
	}
	return journal.SyncDir(filepath.Clean(dir))
}

// tableError says what the failure to write a table means: nothing is lost.
func tableError(path string, err error) error {
	e := &Error{What: fmt.Sprintf("cannot write %s: %v", path, err), Err: err}
	if isFull(err) {
		e.Cure = "free some space; every sample is in " + filepath.Join(filepath.Dir(path), JournalFile)
	}
	return e
}
