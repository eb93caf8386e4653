package results

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestDeriveWithoutItsSpec(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	for name, spoil := range map[string]func(path string) error{
		"removed": os.Remove,
		"edited": func(path string) error {
			return os.WriteFile(path, []byte(strings.Replace(probeSpec, "samples: 100", "samples: 99", 1)), 0o600)
		},
		"broken": func(path string) error { return os.WriteFile(path, []byte("no: spec"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := createRun(t, t.TempDir(), s)
			must(t, r.Close())
			must(t, spoil(filepath.Join(r.Dir(), SpecFile)))
			if _, err := Derive(t.Context(), r.Dir()); err == nil || !strings.Contains(err.Error(), r.ID()) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDeriveWhereThereIsNoRun(t *testing.T) {
	t.Parallel()
	_, err := Derive(t.Context(), t.TempDir())
	e, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, ErrNotFound) || e.Hint() == "" {
		t.Errorf("got %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNotFound) {
		t.Errorf("open: %v", err)
	}
}

func TestDeriveCanBeCancelled(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	r := createRun(t, t.TempDir(), s)
	p := pointsOf(t, s)[0]
	must(t, r.Point(p))
	sample := Sample{Point: p.Index, Status: OK, Values: values(r, 1, 1, 1)}
	for range cancelRows {
		must(t, r.Append(&sample))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Derive(ctx, r.Dir()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := entries(t, r.Dir()); slices.ContainsFunc(got, func(n string) bool { return strings.Contains(n, "parquet") }) {
		t.Errorf("left behind: %v", got)
	}
}

func TestATableThatDoesNotFit(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		err := writeFile(filepath.Join(t.TempDir(), "t.parquet"), func(io.Writer) error { return cause })
		e, ok := errors.AsType[*Error](err)
		if !ok || !errors.Is(err, cause) || !strings.Contains(e.Hint(), "free some space") || !strings.Contains(e.Hint(), JournalFile) {
			t.Errorf("%v: got %v", cause, err)
		}
	}
}
