package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// MaxLine is the length in bytes from which a line is refused, and from which
// a reader holds it for damage: it bounds the memory that a damaged file costs.
const MaxLine = 16 << 20

// ErrLocked is the error of a file that another process, or another Journal of
// this one, is appending to.
var ErrLocked = errors.New("another process is writing to it")

// errLine is the error of a line that would not be read back as one line.
var errLine = errors.New("a line ends in its only newline and is shorter than 16 MiB")

// File is what a journal needs of an opened file. Write appends at the end
// whatever was read, as a file opened with O_APPEND does.
type File interface {
	io.Writer
	io.ReaderAt
	Truncate(size int64) error
	Sync() error // the data, and the length that is needed to read it back
	Close() error
}

// Options tune a journal; the zero value is right for measurements.
type Options struct {
	// SyncEvery is the time from one sync to the next while lines come; 0 means
	// a second.
	SyncEvery time.Duration
}

// A Journal appends lines to a file. It is not safe for concurrent use.
type Journal struct {
	file      File
	size      int64 // of the whole lines
	syncEvery time.Duration
	synced    time.Time
	dirty     bool  // lines were appended since the last sync
	failed    error // what made the journal unusable for good
}

// New returns a journal that appends to f, which holds size bytes of whole
// lines and nothing else.
func New(f File, size int64, opts Options) *Journal {
	every := opts.SyncEvery
	if every == 0 {
		every = time.Second
	}
	return &Journal{file: f, size: size, syncEvery: every, synced: time.Now()}
}

// Create makes the file, which must not exist, locks it and makes its name
// durable.
func Create(path string, opts Options) (*Journal, error) {
	f, err := openLocked(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	if err := SyncDir(filepath.Dir(path)); err != nil {
		return nil, errors.Join(fmt.Errorf("create journal: %w", err), f.Close(), os.Remove(path))
	}
	return New(f, 0, opts), nil
}

// Open locks an existing file, cuts off what follows the longest prefix of
// lines that valid accepts, and continues behind it. It returns how many bytes
// it cut. A nil valid accepts every line.
//
// An invalid line that valid ones follow is no torn tail: the error is then a
// [CorruptError] and the file stays as it is.
func Open(path string, valid func(line []byte) error, opts Options) (j *Journal, cut int64, err error) {
	f, err := openLocked(path, os.O_RDWR|os.O_APPEND)
	if err != nil {
		return nil, 0, fmt.Errorf("open journal: %w", err)
	}
	j, cut, err = recoverTail(f, valid, opts)
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("open journal %s: %w", path, err), f.Close())
	}
	return j, cut, nil
}

func recoverTail(f File, valid func(line []byte) error, opts Options) (*Journal, int64, error) {
	s := newScanner(io.NewSectionReader(f, 0, 1<<62), valid)
	for s.next() {
	}
	if s.err != nil {
		return nil, 0, s.err
	}
	cut := s.read - s.prefix
	if cut > 0 {
		if err := f.Truncate(s.prefix); err != nil {
			return nil, 0, fmt.Errorf("cut the torn tail: %w", err)
		}
	}
	return New(f, s.prefix, opts), cut, nil
}

// Append writes one line, which ends in its only newline. After an error the
// file holds the lines before it and nothing of this one; where that could not
// be achieved, or where a sync failed, every later call returns the same error.
func (j *Journal) Append(line []byte) error {
	if j.failed != nil {
		return j.failed
	}
	if n := bytes.IndexByte(line, '\n'); n < 0 || n != len(line)-1 || n >= MaxLine {
		return errLine
	}
	if err := j.write(line); err != nil {
		return err
	}
	if time.Since(j.synced) >= j.syncEvery {
		return j.Sync()
	}
	return nil
}

func (j *Journal) write(line []byte) error {
	n, err := j.file.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	if err != nil {
		err = fmt.Errorf("append to journal: %w", err)
		if cutErr := j.file.Truncate(j.size); cutErr != nil {
			j.failed = errors.Join(err, fmt.Errorf("cut the torn line: %w", cutErr))
			return j.failed
		}
		return err
	}
	j.size += int64(n)
	j.dirty = true
	return nil
}

// Sync makes every appended line durable. An error is final, see the table in
// the package's documentation.
func (j *Journal) Sync() error {
	if j.failed != nil || !j.dirty {
		return j.failed
	}
	if err := j.file.Sync(); err != nil {
		j.failed = fmt.Errorf("sync journal: %w", err)
		return j.failed
	}
	j.dirty = false
	j.synced = time.Now()
	return nil
}

// Size is the length in bytes of the lines in the file.
func (j *Journal) Size() int64 { return j.size }

// Close makes every line durable and releases file and lock.
func (j *Journal) Close() error {
	return errors.Join(j.Sync(), j.file.Close())
}
