package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// A CorruptError tells of a line that is not valid though valid ones follow
// it, so that no crash of the writer explains it.
type CorruptError struct {
	Line   int   // 1-based
	Offset int64 // of its first byte
	Err    error // what is wrong with it
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("line %d (at byte %d) is damaged, and valid lines follow it: %v", e.Line, e.Offset, e.Err)
}

func (e *CorruptError) Unwrap() error { return e.Err }

// errLong is what is wrong with a line that exceeds MaxLine.
var errLong = errors.New("it is longer than 16 MiB")

// Read yields the lines of the longest prefix that valid accepts, without
// their newlines; a nil valid accepts every line. A line is the reader's until
// the next one. The last pair holds the error where reading failed or the file
// is corrupt ([CorruptError]); a torn tail is none. The file may be appended to
// meanwhile.
func Read(path string, valid func(line []byte) error) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, fmt.Errorf("read journal: %w", err))
			return
		}
		defer f.Close()
		s := newScanner(f, valid)
		for s.next() {
			if !yield(s.line, nil) {
				return
			}
		}
		if s.err != nil {
			yield(nil, fmt.Errorf("read journal %s: %w", path, s.err))
		}
	}
}

// A scanner walks the valid prefix.
type scanner struct {
	r      *bufio.Reader
	valid  func(line []byte) error
	long   []byte // a line that is longer than the reader's buffer
	line   []byte // the current line, without its newline
	lines  int    // lines of the prefix
	prefix int64  // bytes of the prefix
	read   int64  // bytes read
	err    error
}

func newScanner(r io.Reader, valid func(line []byte) error) *scanner {
	if valid == nil {
		valid = func([]byte) error { return nil }
	}
	return &scanner{r: bufio.NewReaderSize(r, 256<<10), valid: valid}
}

// next advances by one valid line. When there is none it returns false, with
// read and err final.
func (s *scanner) next() bool {
	whole, err := s.readLine()
	if !whole {
		s.err = err
		return false
	}
	if err == nil {
		err = s.valid(s.line)
	}
	if err != nil {
		s.err = s.judge(err)
		return false
	}
	s.lines++
	s.prefix = s.read
	return true
}

// judge decides what the line behind the prefix is, which is invalid for the
// given reason: part of a torn tail (nil), or damage that valid lines follow.
func (s *scanner) judge(reason error) error {
	damage := &CorruptError{Line: s.lines + 1, Offset: s.prefix, Err: reason}
	for {
		whole, err := s.readLine()
		if !whole {
			return err
		}
		if err == nil && s.valid(s.line) == nil {
			return damage
		}
	}
}

// readLine reads up to the next newline. It returns false at the end of the
// file, where a line without its newline counts as read but not as a line, and
// on errors of the file. A line that is too long is whole, with an error.
func (s *scanner) readLine() (whole bool, err error) {
	s.long = s.long[:0]
	n := 0
	for {
		part, err := s.r.ReadSlice('\n')
		n += len(part)
		s.read += int64(len(part))
		switch {
		case err == nil && n > MaxLine:
			return true, errLong
		case err == nil && n == len(part):
			s.line = part[:len(part)-1]
			return true, nil
		case err == nil:
			s.long = append(s.long, part...)
			s.line = s.long[:len(s.long)-1]
			return true, nil
		case err == io.EOF:
			return false, nil
		case err != bufio.ErrBufferFull:
			return false, err
		case n <= MaxLine:
			s.long = append(s.long, part...)
		}
	}
}
