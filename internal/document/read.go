package document

import (
	"fmt"
	"io"
)

// MaxBytes is the size of the largest document that is read. The parser needs
// a hundred times the memory of its input, so the bound comes before it.
const MaxBytes = 1 << 20

// Read reads a document of at most MaxBytes; of a longer one it reads no more
// than that. The error is Problems where the document is too long.
func Read(name string, r io.Reader) ([]byte, error) {
	src, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if p := tooLong(name, src); p != nil {
		return nil, p
	}
	return src, nil
}

func tooLong(name string, src []byte) Problems {
	if len(src) <= MaxBytes {
		return nil
	}
	var p Problems
	p.Add(Position{File: name}, "is this the right file?", "larger than %d bytes, the most that is read", MaxBytes)
	return p
}
