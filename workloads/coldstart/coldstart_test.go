package coldstart

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"runx/workloads"
	"runx/workloads/workloadtest"
)

// TestMain keeps the weights of the tests out of the user's cache, on Linux; the
// workers that the tests start inherit the place.
func TestMain(m *testing.M) {
	if os.Getenv(elsewhereVariable) == "" {
		os.Exit(testElsewhere(m))
	}
	workloadtest.Main(m, Workload())
}

// elsewhereVariable says that the place is set.
const elsewhereVariable = "RUNX_COLDSTART_TEST"

func testElsewhere(m *testing.M) int {
	dir, err := os.MkdirTemp("", "coldstart")
	if err == nil {
		err = errors.Join(os.Setenv("XDG_CACHE_HOME", dir), os.Setenv(elsewhereVariable, "1"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	return m.Run()
}

func openInstance(t *testing.T, given workloads.Values, launch workloads.Launch) *instance {
	t.Helper()
	i, err := Workload().Open(t.Context(), workloads.Env{Params: workloadtest.Values(Workload(), given), Seed: 1, Log: io.Discard, Launch: launch})
	if errors.Is(err, workloads.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.Close() })
	return i.(*instance)
}

func sample(t *testing.T, i *instance) map[string]float64 {
	t.Helper()
	return workloadtest.Rows(t, Workload(), i)[0]
}

var stageNames = []string{
	"stage_spawn_ms", "stage_init_ms", "stage_handshake_ms", "stage_weights_ms", "stage_prepare_ms", "stage_first_ms",
}

func TestConforms(t *testing.T) {
	workloadtest.Run(t, workloadtest.Suite{
		Workload: Workload(),
		Params:   workloads.Values{"prompt_tokens": 3},
		Untried:  []string{"model"},
		Cases: []workloads.Values{
			{"load_by": mmap, "page_cache": evicted, "dtype": fp16},
			{"model": "micro", "layers": 2, "threads": 2, "steady_count": 1},
		},
		Refused: []workloads.Values{
			{"model": "tinyllama-1.1b"}, {"prompt_tokens": 257}, {"layers": 3},
		},
		Seeded: []string{"weights_bytes"},
		Optional: []string{
			"stage_spawn_ms", "stage_init_ms", "stage_handshake_ms", "cached_ratio",
			"weights_minor_faults_count", "weights_major_faults_count", "first_minor_faults_count", "first_major_faults_count",
		},
		Slow:      workloads.Values{"steady_count": 1_000_000, "prompt_tokens": 256},
		Allocates: "it loads a model",
	})
}

// The first inferences, which are slow, are not what a later one takes.
func TestSettled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		times []time.Duration
		want  time.Duration
	}{
		{[]time.Duration{7}, 7},
		{[]time.Duration{90, 4}, 4},
		{[]time.Duration{90, 4, 2}, 3},
		{[]time.Duration{90, 80, 5, 1}, 3},
		{[]time.Duration{90, 80, 9, 1, 3}, 3},
	} {
		if got := settled(tt.times); got != tt.want {
			t.Errorf("%v settle at %v, want %v", tt.times, got, tt.want)
		}
	}
}

// The first sample begins with the wish for the process, later ones with the
// weights; the stages of both add up.
func TestStagesAddUp(t *testing.T) {
	t.Parallel()
	asked := time.Now().Add(-time.Second)
	i := openInstance(t, nil, workloads.Launch{
		Asked: asked, Running: asked.Add(100 * time.Millisecond), Serving: asked.Add(300 * time.Millisecond),
	})
	cold, again := sample(t, i), sample(t, i)
	if cold["stage_spawn_ms"] != 100 || cold["stage_init_ms"] != 200 || cold["stage_handshake_ms"] < 699 {
		t.Errorf("spawn, init, handshake are %v, %v, %v ms, want 100, 200 and above 699",
			cold["stage_spawn_ms"], cold["stage_init_ms"], cold["stage_handshake_ms"])
	}
	for _, row := range []map[string]float64{cold, again} {
		sum := 0.0
		for _, name := range stageNames {
			if !math.IsNaN(row[name]) {
				sum += row[name]
			}
		}
		if math.Abs(sum-row["latency_ms"]) > 1e-6 {
			t.Errorf("the stages add up to %v ms, the latency is %v", sum, row["latency_ms"])
		}
		if p := row["latency_ms"] - row["steady_ms"]; math.Abs(p-row["penalty_ms"]) > 1e-6 {
			t.Errorf("the penalty is %v ms, want %v", row["penalty_ms"], p)
		}
	}
	for _, name := range stageNames[:3] {
		if !math.IsNaN(again[name]) {
			t.Errorf("%s of a warm start is %v, want none", name, again[name])
		}
	}
}

// A host that is slow to see that the program runs makes no stage negative.
func TestLaunchStages(t *testing.T) {
	t.Parallel()
	at := time.Now()
	l := launchStages(workloads.Launch{Asked: at, Running: at.Add(5), Serving: at.Add(3)}, at.Add(9))
	if want := (launched{spawn: 3, init: 0, handshake: 6}); *l != want || l.total() != 9 {
		t.Errorf("stages %+v, want %+v", *l, want)
	}
	if launchStages(workloads.Launch{}, at) != nil {
		t.Error("stages of a process of which nothing is known")
	}
}

// The bytes of nano by hand, as in its configuration: 256 tokens and 256
// positions of 64, and two layers.
func TestWeightsBytes(t *testing.T) {
	t.Parallel()
	const positions, embedding = 256 * 64, 256 * 64
	const matrices = 2 * (4*64*64 + 2*64*256)
	const vectors = 2*(4*64+256+64+4*64) + 2*64
	for dtype, size := range map[string]int{fp32: 4, fp16: 2, bf16: 2} {
		want := float64((embedding+matrices)*size + (positions+vectors)*4)
		if got := sample(t, openInstance(t, workloads.Values{"dtype": dtype}, workloads.Launch{}))["weights_bytes"]; got != want {
			t.Errorf("%s: %v bytes, want %v", dtype, got, want)
		}
	}
}

func TestMappedWeightsAreFetchedWhenUsed(t *testing.T) {
	t.Parallel()
	faults := func(load string) (weights, first float64) {
		row := sample(t, openInstance(t, workloads.Values{"model": "micro", "load_by": load}, workloads.Launch{}))
		return row["weights_minor_faults_count"] + row["weights_major_faults_count"], row["first_minor_faults_count"] + row["first_major_faults_count"]
	}
	readWeights, _ := faults(read)
	mmapWeights, _ := faults(mmap)
	if math.IsNaN(readWeights) {
		t.Skip("this system does not count page faults")
	}
	if mmapWeights >= readWeights {
		t.Errorf("%v page faults to map the weights, %v to read them", mmapWeights, readWeights)
	}
}

func TestVerifyLoadsTheFile(t *testing.T) {
	t.Parallel()
	i := openInstance(t, nil, workloads.Launch{})
	if err := i.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	i.file += ".missing"
	if err := i.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "load by read") {
		t.Errorf("error %v, want that the file cannot be loaded", err)
	}
}

// It sets the environment, and cannot be parallel.
func TestWeightsThatCannotBeKeptSayWhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, cache := range []string{"", file} { // no home at all, and one that is a file
		t.Setenv("HOME", "")
		t.Setenv("XDG_CACHE_HOME", cache)
		_, err := Workload().Open(t.Context(), workloads.Env{Params: workloadtest.Values(Workload(), nil), Log: io.Discard})
		if err == nil || !strings.Contains(err.Error(), "\nhint: weights are kept below XDG_CACHE_HOME") {
			t.Errorf("XDG_CACHE_HOME=%q: %v", cache, err)
		}
	}
}

func TestRoomIsMadeByDeletingTheOldest(t *testing.T) {
	t.Parallel()
	folder, old := t.TempDir(), time.Now().Add(-time.Hour)
	for n, name := range []string{"c", "a", "b"} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, make([]byte, 100), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old.Add(time.Duration(n)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		most int64
		left string
	}{{300, "abc"}, {299, "ab"}, {100, "b"}, {-1, ""}} {
		if err := makeRoom(folder, tt.most); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		left := ""
		for _, e := range entries {
			left += e.Name()
		}
		if left != tt.left {
			t.Errorf("%q are left for at most %d bytes, want %q", left, tt.most, tt.left)
		}
	}
}

// A file that was cut off is not believed.
func TestDamagedFileIsWrittenAgain(t *testing.T) {
	t.Parallel()
	i := openInstance(t, workloads.Values{"model": "micro", "dtype": bf16}, workloads.Launch{})
	whole, err := os.Stat(i.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(i.file, whole.Size()/2); err != nil {
		t.Fatal(err)
	}
	again := openInstance(t, workloads.Values{"model": "micro", "dtype": bf16}, workloads.Launch{})
	if now, err := os.Stat(again.file); err != nil || now.Size() != whole.Size() {
		t.Errorf("the file is not whole again: %v", err)
	}
}
