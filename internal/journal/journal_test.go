package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// endsInDot is the valid form of the lines in these tests.
func endsInDot(line []byte) error {
	if strings.HasSuffix(string(line), ".") {
		return nil
	}
	return errors.New("no dot")
}

// readAll returns the lines of the valid prefix.
func readAll(t *testing.T, path string) (lines []string, err error) {
	t.Helper()
	for line, err := range Read(path, endsInDot) {
		if err != nil {
			return lines, err
		}
		lines = append(lines, string(line))
	}
	return lines, nil
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "j")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAppendedLinesAreRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "j")
	j, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 600<<10) + "."
	want := []string{"one.", "two.", long, "three."}
	for _, line := range want[:2] {
		if err := j.Append([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j, cut, err := Open(path, endsInDot, Options{})
	if err != nil || cut != 0 {
		t.Fatalf("open: cut %d, %v", cut, err)
	}
	for _, line := range want[2:] {
		if err := j.Append([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readAll(t, path) // while it is open
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got %.80q, %v", got, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCreateRefusesAnExistingFile(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "kept.\n")
	if _, err := Create(path, Options{}); !errors.Is(err, os.ErrExist) {
		t.Fatalf("got %v, want os.ErrExist", err)
	}
	if got, _ := readAll(t, path); len(got) != 1 {
		t.Fatalf("the file was touched: %q", got)
	}
}

func TestAppendRefusesWhatIsNotOneLine(t *testing.T) {
	t.Parallel()
	f := &faultFile{room: -1}
	j := New(f, 0, Options{})
	for _, line := range []string{"", "no end", "a\nb\n", "\nb", strings.Repeat("x", MaxLine) + "\n"} {
		if err := j.Append([]byte(line)); err == nil {
			t.Errorf("accepted %.20q", line)
		}
	}
	if f.writes != 0 {
		t.Errorf("%d writes", f.writes)
	}
}

// A crash at every byte of the file: whole lines survive, the torn one is cut,
// and the journal goes on behind them.
func TestOpenAfterACrashAtEveryByte(t *testing.T) {
	t.Parallel()
	content := "first.\nsecond, longer.\n\u00fcml\u00e4ut.\nlast.\n"
	dir := t.TempDir()
	for n := range len(content) + 1 {
		path := filepath.Join(dir, fmt.Sprint(n))
		if err := os.WriteFile(path, []byte(content[:n]), 0o600); err != nil {
			t.Fatal(err)
		}
		whole := content[:strings.LastIndex(content[:n], "\n")+1]
		j, cut, err := Open(path, endsInDot, Options{})
		if err != nil {
			t.Fatalf("crash at byte %d: %v", n, err)
		}
		if int(cut) != n-len(whole) || int(j.Size()) != len(whole) {
			t.Fatalf("crash at byte %d: cut %d, size %d, want %d and %d", n, cut, j.Size(), n-len(whole), len(whole))
		}
		if err := errors.Join(j.Append([]byte("more.\n")), j.Close()); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != whole+"more.\n" {
			t.Fatalf("crash at byte %d: the file holds %q", n, got)
		}
	}
}

// After a power cut the tail may be anything, also zeros or lines of rubbish.
func TestOpenCutsAnInvalidTail(t *testing.T) {
	t.Parallel()
	for _, tail := range []string{"\x00\x00\x00\x00", "rubbish\n", "rubbish\nmore\n\x00\x00", "\x00\x00\n\n", strings.Repeat("z", MaxLine+10)} {
		path := writeFile(t, "one.\ntwo.\n"+tail)
		if got, err := readAll(t, path); err != nil || len(got) != 2 {
			t.Errorf("tail %.10q: read %q, %v", tail, got, err)
		}
		j, cut, err := Open(path, endsInDot, Options{})
		if err != nil || int(cut) != len(tail) {
			t.Errorf("tail %.10q: cut %d, %v", tail, cut, err)
			continue
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestDamageInTheMiddleIsReportedAndLeft(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{"invalid": "rubbish\n", "too long": strings.Repeat("z", MaxLine+10) + ".\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := "one.\ntwo.\n" + damage + "three.\n"
			path := writeFile(t, content)
			got, err := readAll(t, path)
			corrupt, ok := errors.AsType[*CorruptError](err)
			if !ok || corrupt.Line != 3 || corrupt.Offset != 10 || len(got) != 2 {
				t.Fatalf("read %q, %v", got, err)
			}
			if _, _, err := Open(path, endsInDot, Options{}); err == nil {
				t.Fatal("opened")
			}
			if after, _ := os.ReadFile(path); string(after) != content {
				t.Fatal("the file was changed")
			}
		})
	}
}

func TestOneWriterAtATime(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "one.\n")
	j, _, err := Open(path, endsInDot, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(path, endsInDot, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("a second writer: %v", err)
	}
	if locked, err := Locked(path); err != nil || !locked {
		t.Errorf("Locked: %t, %v", locked, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if locked, err := Locked(path); err != nil || locked {
		t.Errorf("Locked after Close: %t, %v", locked, err)
	}
}

// A disk that is full: the line that does not fit leaves no trace, those before
// it stay, and when there is room again the journal goes on.
func TestAppendToAFullDisk(t *testing.T) {
	t.Parallel()
	for room := range len("second.\n") {
		for _, fault := range []error{syscall.ENOSPC, nil} { // nil: a short write without an error
			f := &faultFile{room: len("first.\n") + room, err: fault}
			j := New(f, 0, Options{})
			if err := j.Append([]byte("first.\n")); err != nil {
				t.Fatal(err)
			}
			want := fault
			if want == nil {
				want = io.ErrShortWrite
			}
			if err := j.Append([]byte("second.\n")); !errors.Is(err, want) {
				t.Fatalf("room %d: got %v, want %v", room, err, want)
			}
			if string(f.data) != "first.\n" {
				t.Fatalf("room %d: the file holds %q", room, f.data)
			}
			f.room = -1
			if err := j.Append([]byte("third.\n")); err != nil {
				t.Fatal(err)
			}
			if string(f.data) != "first.\nthird.\n" {
				t.Fatalf("room %d: the file holds %q", room, f.data)
			}
		}
	}
}

func TestATornLineThatCannotBeCutFailsForGood(t *testing.T) {
	t.Parallel()
	f := &faultFile{room: 3, err: syscall.ENOSPC, truncateErr: errIO}
	j := New(f, 0, Options{})
	err := j.Append([]byte("first.\n"))
	if !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, errIO) {
		t.Fatalf("got %v", err)
	}
	f.room = -1
	if again := j.Append([]byte("second.\n")); again == nil || again.Error() != err.Error() {
		t.Fatalf("then %v", again)
	}
	if string(f.data) != "fir" {
		t.Fatalf("the file holds %q: a line was put behind a torn one", f.data)
	}
}

// A second sync would report success though the pages are lost.
func TestAFailedSyncFailsForGood(t *testing.T) {
	t.Parallel()
	f := &faultFile{room: -1, syncErr: errIO}
	j := New(f, 0, Options{SyncEvery: time.Hour})
	if err := j.Append([]byte("first.\n")); err != nil {
		t.Fatal(err)
	}
	if err := j.Sync(); !errors.Is(err, errIO) {
		t.Fatalf("sync: %v", err)
	}
	f.syncErr = nil
	for name, call := range map[string]func() error{
		"sync": j.Sync, "append": func() error { return j.Append([]byte("second.\n")) }, "close": j.Close,
	} {
		if err := call(); !errors.Is(err, errIO) {
			t.Errorf("then %s: %v", name, err)
		}
	}
	if f.syncs != 1 {
		t.Errorf("%d syncs", f.syncs)
	}
}

func TestOneWritePerLineAndFewSyncs(t *testing.T) {
	t.Parallel()
	f := &faultFile{room: -1}
	j := New(f, 0, Options{SyncEvery: time.Hour})
	const lines = 1000
	for range lines {
		if err := j.Append([]byte("line.\n")); err != nil {
			t.Fatal(err)
		}
	}
	if f.writes != lines || f.syncs != 0 {
		t.Errorf("%d writes, %d syncs for %d lines", f.writes, f.syncs, lines)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if f.syncs != 1 || f.synced != len(f.data) {
		t.Errorf("after Close: %d syncs, %d of %d bytes", f.syncs, f.synced, len(f.data))
	}
}

// A power cut leaves what was synced, and of the rest any part: with a sync per
// line every line survives.
func TestSyncEveryLineSurvivesAPowerCut(t *testing.T) {
	t.Parallel()
	f := &faultFile{room: -1}
	j := New(f, 0, Options{SyncEvery: time.Nanosecond})
	for i := range 10 {
		time.Sleep(time.Microsecond)
		if err := j.Append(fmt.Appendf(nil, "line %d.\n", i)); err != nil {
			t.Fatal(err)
		}
		if f.synced != len(f.data) {
			t.Fatalf("line %d is not durable", i)
		}
	}
}

// The kernel's own full device, in place of a file.
func TestAppendToDevFull(t *testing.T) {
	t.Parallel()
	f, err := os.OpenFile("/dev/full", os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	j := New(diskFile{f}, 0, Options{})
	if err := j.Append([]byte("first.\n")); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v, want ENOSPC", err)
	}
	f.Close()
}

func TestAppendDoesNotAllocate(t *testing.T) {
	j, err := Create(filepath.Join(t.TempDir(), "j"), Options{SyncEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	line := []byte("a line of some length.\n")
	if n := testing.AllocsPerRun(1000, func() {
		if err := j.Append(line); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a line", n)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkAppend(b *testing.B) {
	j, err := Create(filepath.Join(b.TempDir(), "j"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	line := []byte(strings.Repeat("x", 160) + "\n")
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if err := j.Append(line); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}
