package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// errTooLong is a message beyond maxLine.
var errTooLong = fmt.Errorf("a line is longer than %d MiB", maxLine>>20)

// A lineReader reads messages of bounded length.
type lineReader struct {
	r    *bufio.Reader
	long []byte // holds lines that the reader's buffer cannot
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 64<<10)}
}

// next returns the next line without its newline, valid until the next call.
// The error is io.EOF at the end, and io.ErrUnexpectedEOF within a line.
func (l *lineReader) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return cut(line, err)
	}
	l.long = append(l.long[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if line, err = l.r.ReadSlice('\n'); len(l.long)+len(line) > maxLine {
			return nil, errTooLong
		}
		l.long = append(l.long, line...)
	}
	return cut(l.long, err)
}

func cut(line []byte, err error) ([]byte, error) {
	switch {
	case err == nil:
		return line[:len(line)-1], nil
	case errors.Is(err, io.EOF) && len(line) > 0:
		return nil, io.ErrUnexpectedEOF
	}
	return nil, err
}
