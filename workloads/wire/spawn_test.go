package wire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"runx/workloads"
)

// tell logs what an instance knows beside its parameters.
func tell(env workloads.Env) {
	l := env.Launch
	fmt.Fprintf(env.Log, "pid %d dir %q launch %d %d %d\n", os.Getpid(), env.Dir, l.Asked.UnixNano(), l.Running.UnixNano(), l.Serving.UnixNano())
}

// spawnAndSample makes the rows of one that is spawned its own.
func spawnAndSample(ctx context.Context, env workloads.Env, r *workloads.Recorder) (err error) {
	other, err := env.Spawn(ctx, workloads.Values{"mode": "tells", "level": 40.0})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, other.Close()) }()
	tell(env)
	if env.Params["flag"] == false {
		fmt.Fprintln(env.Log, busy)
		select {} // with a child
	}
	theirs := workloads.NewRecorder(fakes()[0], nil, &workloads.Monitor{})
	if err := other.Sample(ctx, theirs); err != nil {
		return err
	}
	rows, err := theirs.Rows()
	if err != nil {
		return err
	}
	return r.Append(rows[0])
}

func openTelling(t *testing.T, w *Worker, dir string, params workloads.Values) workloads.Instance {
	t.Helper()
	i, err := w.Workloads()[0].Open(t.Context(), workloads.Env{Params: params, Dir: dir, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestFirstInstanceIsToldOfTheLaunch(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "point")
	before := time.Now().UnixNano()
	var log log
	w := dial(t, "serve", &log)
	dialled := time.Now().UnixNano()
	openTelling(t, w, dir, workloads.Values{"mode": "tells"})
	openTelling(t, w, "", workloads.Values{"mode": "tells"})
	if err := w.Close(); err != nil { // so that the log is whole
		t.Fatal(err)
	}
	var pid, asked, running, serving int64
	var kept string
	lines := strings.Split(log.String(), "\n")
	if _, err := fmt.Sscanf(lines[0], "pid %d dir %q launch %d %d %d", &pid, &kept, &asked, &running, &serving); err != nil {
		t.Fatalf("%v in %q", err, lines[0])
	}
	if kept != dir {
		t.Errorf("the folder is %q, want %q", kept, dir)
	}
	if before > asked || asked >= running || serving <= asked || running > dialled || serving > dialled {
		t.Errorf("%d before, %d asked, %d running, %d serving, %d dialled: not in this order", before, asked, running, serving, dialled)
	}
	never := time.Time{}.UnixNano()
	if want := fmt.Sprintf(`dir "" launch %d %d %d`, never, never, never); !strings.HasSuffix(lines[1], want) {
		t.Errorf("the second instance is told %q, want %q", lines[1], want)
	}
}

func TestInstanceSpawnsAnother(t *testing.T) {
	t.Parallel()
	var log log
	w := dial(t, "serve", &log)
	d := w.Workloads()[0]
	r := workloads.NewRecorder(d, nil, &workloads.Monitor{})
	i := openTelling(t, w, "/kept", workloads.Values{"mode": "spawns"})
	if err := i.Sample(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	rows, err := r.Rows()
	if err != nil {
		t.Fatal(err)
	}
	if got := rows[0].Values[1:3]; got[0] != 41 || got[1] != 7 {
		t.Errorf("level and seed are %v, want those of the spawned instance, 41 and 7", got)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if one, other := pids(t, log.String(), `dir "/kept"`); one == other {
		t.Error("it lives in the same process")
	}
}

// pids are the processes of the spawned instance and of the one that spawned it,
// in either order: the words of the one come through the other.
func pids(t *testing.T, log, also string) (one, other int) {
	t.Helper()
	var found []int
	for line := range strings.Lines(log) {
		var pid int
		if n, _ := fmt.Sscanf(line, "pid %d", &pid); n == 1 && strings.Contains(line, also) {
			found = append(found, pid)
		}
	}
	if len(found) != 2 {
		t.Fatalf("%d instances say %s in %q, want 2", len(found), also, log)
	}
	return found[0], found[1]
}

func TestOpenInSpawnFails(t *testing.T) {
	t.Parallel()
	c := command("serve", nil)
	c.Known = fakes()
	spawn := Spawner(c, "fake", workloads.Env{})
	if _, err := spawn(t.Context(), workloads.Values{"mode": "openfails"}); err == nil || !strings.Contains(err.Error(), "the disk is missing") {
		t.Errorf("error %v, want that of Open", err)
	}
	if _, err := Spawner(c, "other", workloads.Env{})(t.Context(), nil); err == nil || !strings.Contains(err.Error(), `no workload "other"`) {
		t.Errorf("error %v, want that there is none", err)
	}
}

// A process ends with the only instance that it is for, and if there is none.
func TestSpawnedEndsWithItsInstance(t *testing.T) {
	t.Parallel()
	for mode, opens := range map[string]bool{"tells": true, "openfails": false} {
		var log log
		c := command("serve", &log)
		c.Known = fakes()
		i, err := Spawner(c, "fake", workloads.Env{})(t.Context(), workloads.Values{"mode": mode})
		if (err == nil) != opens {
			t.Fatalf("%s: error %v", mode, err)
		}
		if opens {
			if err := i.Close(); err != nil {
				t.Error(err)
			}
		}
		var pid int
		if _, err := fmt.Sscanf(log.String(), "pid %d", &pid); err != nil {
			t.Fatalf("%s: %v in %q", mode, err, &log)
		}
		for patience := time.Now().Add(20 * time.Second); !isGone(pid); time.Sleep(time.Millisecond) {
			if time.Now().After(patience) {
				t.Fatalf("%s: process %d is still there", mode, pid)
			}
		}
	}
}

func TestFailedOpenGivesNoInstance(t *testing.T) {
	t.Parallel()
	i, err := dial(t, "serve", new(log)).Workloads()[0].Open(t.Context(), workloads.Env{Params: workloads.Values{"mode": "openfails"}})
	if err == nil || i != nil {
		t.Errorf("instance %v, error %v: want nil and an error", i, err)
	}
}

func TestSpawnedEndsWithItsParent(t *testing.T) {
	t.Parallel()
	var log log
	w := dial(t, "serve", &log)
	i := openTelling(t, w, "/kept", workloads.Values{"mode": "spawns", "flag": false})
	ended := make(chan error, 1)
	go func() {
		ended <- i.Sample(context.Background(), workloads.NewRecorder(w.Workloads()[0], nil, &workloads.Monitor{}))
	}()
	patience := time.Now().Add(time.Minute)
	for strings.Count(log.String(), "/kept") < 2 && time.Now().Before(patience) {
		time.Sleep(time.Millisecond)
	}
	a, b := pids(t, log.String(), `dir "/kept"`)
	if err := w.Kill(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, ErrDead) {
		t.Errorf("error %v, want that the worker is gone", err)
	}
	for !isGone(a) || !isGone(b) {
		if time.Now().After(patience) {
			t.Fatalf("process %d or %d outlives the end of its host", a, b)
		}
		time.Sleep(time.Millisecond)
	}
}
