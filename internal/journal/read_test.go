package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is appended behind the lines, a reader gets a prefix of lines that
// are all valid, and Open leaves exactly that prefix or reports damage.
func TestPrefixProperty(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.StringMatching(`[a-z]{0,12}\.`)).Draw(t, "lines")
		whole := ""
		for _, line := range lines {
			whole += line + "\n"
		}
		tail := rapid.StringMatching(`[a-z.\n]{0,12}`).Draw(t, "tail")
		path := filepath.Join(dir, "j")
		if err := os.WriteFile(path, []byte(whole+tail), 0o600); err != nil {
			t.Fatal(err)
		}
		var read strings.Builder
		var readErr error
		for line, err := range Read(path, endsInDot) {
			if readErr = err; err == nil {
				read.Write(line)
				read.WriteByte('\n')
			}
		}
		if got := read.String(); !strings.HasPrefix(whole+tail, got) || !strings.HasPrefix(got, whole) {
			t.Fatalf("read %q of %q", got, whole+tail)
		}
		j, _, err := Open(path, endsInDot, Options{})
		if _, corrupt := errors.AsType[*CorruptError](err); corrupt != (readErr != nil) {
			t.Fatalf("open: %v, read: %v", err, readErr)
		}
		if err != nil {
			return
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if after, _ := os.ReadFile(path); string(after) != read.String() {
			t.Fatalf("the file holds %q, was read as %q", after, read.String())
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "a.\n", "a.\nb", "a.\n\x00\x00\nb.\n", "\n\n.\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file := &faultFile{data: content, room: -1}
		j, cut, err := recoverTail(file, endsInDot, Options{})
		if err != nil {
			if _, ok := errors.AsType[*CorruptError](err); !ok {
				t.Fatal(err)
			}
			return
		}
		if int(j.Size()+cut) != len(content) || int(j.Size()) != len(file.data) {
			t.Fatalf("size %d, cut %d of %d bytes", j.Size(), cut, len(content))
		}
		if len(file.data) > 0 && !strings.HasSuffix(string(file.data), ".\n") {
			t.Fatalf("kept %q", file.data)
		}
	})
}
