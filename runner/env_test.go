package runner

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"runx/workloads"
)

// An instance in this process knows the folder of its point, and spawns another
// one of its kind in a process that ends with it.
func TestInstanceMayKeepFilesAndSpawn(t *testing.T) {
	t.Parallel()
	var pid float64
	l := &laboratory{}
	l.opened = func(env workloads.Env) error {
		if env.Params["x"] == 2 {
			return nil
		}
		r := workloads.NewRecorder(l.workload(), nil, &workloads.Monitor{})
		spawned, err := env.Spawn(t.Context(), workloads.Values{"x": 2})
		if err != nil {
			return err
		}
		if err := spawned.Sample(t.Context(), r); err != nil {
			return err
		}
		rows, err := r.Rows()
		if err != nil {
			return err
		}
		pid = rows[0].Values[1]
		return spawned.Close()
	}
	j := &memory{}
	if out := measure(t, parse(t, l, "measure: {samples: 2, isolate: none}"), j, self(t)); out.Finished != 1 {
		t.Fatalf("%+v %+v", out, j.rows)
	}
	if want := j.FilesDir(j.points[0].ID); len(l.dirs) != 1 || l.dirs[0] != want {
		t.Errorf("folders %q, want %q", l.dirs, want)
	}
	if pid == 0 || pid == float64(os.Getpid()) {
		t.Errorf("the spawned instance ran in process %v, want another one than %d", pid, os.Getpid())
	}
	checkGone(t, int(pid))
}

func TestNoSpawnWithoutACommand(t *testing.T) {
	t.Parallel()
	l := &laboratory{opened: func(env workloads.Env) error {
		if env.Spawn != nil {
			t.Error("an instance could spawn others")
		}
		return nil
	}}
	measure(t, parse(t, l, "measure: {samples: 1, isolate: none}"), &memory{}, Options{})
}

// Where the start of a process is measured, the one before is gone by then;
// elsewhere it may take its time meanwhile.
func TestProcessesStartOneAfterTheOther(t *testing.T) {
	t.Parallel()
	l := &laboratory{}
	s := parse(t, l, "measure: {samples: 3, warmup: 0, isolate: sample}")
	e, err := newEngine(t.Context(), s, &memory{}, self(t))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	running, most := 0, 0
	e.newHost = func(context.Context) (host, error) {
		mu.Lock()
		defer mu.Unlock()
		running++
		most = max(most, running)
		return &slowToEnd{inProcess{l.workload()}, func() { mu.Lock(); defer mu.Unlock(); running-- }}, nil
	}
	if out, err := e.run(t.Context()); err != nil || out.Finished != 1 {
		t.Fatalf("%+v %v", out, err)
	}
	if most != 1 {
		t.Errorf("%d processes ran at a time, want 1", most)
	}
}

type slowToEnd struct {
	inProcess
	ended func()
}

func (h *slowToEnd) close() error {
	time.Sleep(10 * time.Millisecond)
	h.ended()
	return nil
}
