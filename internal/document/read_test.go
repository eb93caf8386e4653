package document

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// endless counts what is read from it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	var e endless
	_, err := Read("f", &e)
	const want = "f: larger than 1048576 bytes, the most that is read\n  hint: is this the right file?"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if e.read > 2*MaxBytes {
		t.Errorf("read %d bytes", e.read)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("#", MaxBytes)
	got, err := Read("f", strings.NewReader(full))
	if err != nil || !bytes.Equal(got, []byte(full)) {
		t.Errorf("the largest document allowed: %d bytes, %v", len(got), err)
	}
	broken := errors.New("broken")
	if _, err := Read("f", io.MultiReader(strings.NewReader("a"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
	if _, problems := Parse("f", []byte(full+"#")); len(problems) != 1 || problems[0].Hint == "" {
		t.Errorf("Parse of too much: %v", problems)
	}
}
