package results

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"runx/internal/journal"
	"runx/spec"
)

func TestCreateMakesTheWholeDirectory(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	root := filepath.Join(t.TempDir(), "deep", "out")
	r := createRun(t, root, s)
	if want := filepath.Join(root, "demo", r.ID()); r.Dir() != want || !runIDPattern.MatchString(r.ID()) {
		t.Errorf("dir %s, want %s", r.Dir(), want)
	}
	if text, err := os.ReadFile(filepath.Join(r.Dir(), SpecFile)); err != nil || !bytes.Equal(text, s.Resolved) {
		t.Errorf("spec.yaml: %v\n%s", err, text)
	}
	if got := entries(t, r.Dir()); strings.Join(got, " ") != JournalFile+" "+SpecFile {
		t.Errorf("the directory holds %v", got)
	}
	if got := entries(t, filepath.Dir(r.Dir())); len(got) != 1 {
		t.Errorf("beside it are %v", got)
	}
	must(t, r.Matches(s))
	if err := r.Matches(parseSpec(t, strings.Replace(probeSpec, "samples: 100", "samples: 99", 1))); err == nil {
		t.Error("another text matches")
	}
	back, err := readSpec(t.Context(), r.Dir(), r.header)
	must(t, err)
	if back.SHA256() != s.SHA256() || back.Title != s.Title {
		t.Error("the spec is not read back")
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	root := t.TempDir()
	r := createRun(t, root, s)
	before, err := os.ReadFile(filepath.Join(r.Dir(), JournalFile))
	must(t, err)
	for name, c := range map[string]struct {
		root, id, want string
		is             error
	}{
		"an id that exists":        {root, r.ID(), "exists already", ErrExists},
		"an id of another form":    {root, "../../evil", "is not a run id", nil},
		"a file in place of a dir": {filepath.Join(r.Dir(), SpecFile), "", "cannot create", syscall.ENOTDIR},
		"a system directory":       {"/proc/runx", "", "cannot create", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Create(c.root, s, CreateOptions{RunID: c.id})
			e, ok := errors.AsType[*Error](err)
			if !ok || !strings.Contains(err.Error(), c.want) || e.Hint() == "" || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %#v", err)
			}
		})
	}
	if after, err := os.ReadFile(filepath.Join(r.Dir(), JournalFile)); err != nil || !bytes.Equal(before, after) {
		t.Error("the journal of the run that exists was touched")
	}
	if got := entries(t, filepath.Join(root, "demo")); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
}

// Where making the run fails, the directories made on the way are taken back,
// and those that others use are not.
func TestCreateLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	root := t.TempDir()
	other := filepath.Join(root, "other")
	must(t, os.Mkdir(other, 0o755))
	h := newHeader(s, newRunID(timeZero), nil, timeZero)
	h.Environment.Load = math.NaN() // JSON cannot hold it
	if err := makeRun(filepath.Join(root, "new", "demo", h.RunID), s, h); err == nil {
		t.Fatal("the header was written")
	}
	if err := makeRun(filepath.Join(other, "demo", h.RunID), s, h); err == nil {
		t.Fatal("the header was written")
	}
	if got := entries(t, root); strings.Join(got, " ") != "other" {
		t.Errorf("left behind: %v", got)
	}
	if got := entries(t, other); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestColumnsThatCollideAreFoundBeforeTheRun(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	s.Metrics = append(s.Metrics, spec.Metric{Name: "run_id"})
	root := t.TempDir()
	if _, err := Create(root, s, CreateOptions{}); err == nil || !strings.Contains(err.Error(), `"run_id"`) {
		t.Errorf("got %v", err)
	}
	if got := entries(t, root); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	r := createRun(t, t.TempDir(), s)
	points := pointsOf(t, s)
	must(t, r.Point(points[0]))
	size := r.journal.Size()
	good := func() *Sample { return &Sample{Point: points[0].Index, Status: OK, Values: values(r, 1, 1, 1)} }
	for name, edit := range map[string]func(*Sample){
		"an undefined point":    func(s *Sample) { s.Point = 3 },
		"too few values":        func(s *Sample) { s.Values = s.Values[1:] },
		"no values though ok":   func(s *Sample) { s.Values = nil },
		"a status of its own":   func(s *Sample) { s.Status = "fine" },
		"an empty status":       func(s *Sample) { s.Status = "" },
		"a negative point":      func(s *Sample) { s.Point = -1 },
		"too many, not even ok": func(s *Sample) { s.Status = Failed; s.Values = append(s.Values, 1) },
	} {
		sample := good()
		edit(sample)
		if err := r.Append(sample); err == nil {
			t.Errorf("accepted: %s", name)
		}
	}
	bad := points[1]
	bad.Params["size"] = "one"
	if err := r.Point(bad); err == nil {
		t.Error("accepted a point whose parameter has another type")
	}
	if r.journal.Size() != size {
		t.Error("something was written")
	}
	must(t, r.Append(good()))
}

func TestResume(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	r := createRun(t, t.TempDir(), s)
	points := pointsOf(t, s)
	must(t, r.Point(points[0]))
	must(t, r.Append(&Sample{Point: points[0].Index, Status: OK, Values: values(r, 1, 1, 1)}))
	if _, err := Open(r.Dir()); !errors.Is(err, ErrLocked) {
		t.Fatalf("a second writer: %v", err)
	}
	must(t, r.Finish(Interrupted))
	must(t, r.Close())
	must(t, r.Close())

	again, err := Open(r.Dir())
	must(t, err)
	size := again.journal.Size()
	must(t, again.Point(points[0]))
	if again.journal.Size() != size {
		t.Error("a point that is known was defined again")
	}
	must(t, again.Append(&Sample{Point: points[0].Index, Rep: 1, Status: OK, Values: values(r, 2, 1, 1)}))
	var reps []int
	for sample, err := range again.Samples() {
		must(t, err)
		reps = append(reps, sample.Rep)
	}
	if !slices.Equal(reps, []int{0, 1}) {
		t.Errorf("samples %v", reps)
	}
	d, err := Derive(t.Context(), r.Dir())
	must(t, err)
	run, err := ReadTable(d.Run)
	must(t, err)
	if d.Status != Running || run.Value(0, "finished_at") != nil {
		t.Errorf("resumed: status %s, finished at %v", d.Status, run.Value(0, "finished_at"))
	}
	must(t, again.Finish(Complete))
	must(t, again.Close())
	complete, err := Open(r.Dir())
	must(t, err)
	if !complete.Complete() {
		t.Error("the run is not complete")
	}
	must(t, complete.Close())
	d, err = Derive(t.Context(), r.Dir())
	must(t, err)
	run, err = ReadTable(d.Run)
	must(t, err)
	if run.Value(0, "resumes_count") != int64(1) || run.Value(0, "status") != "complete" || d.Rows != 2 {
		t.Errorf("%v resumes, status %v, %d rows", run.Value(0, "resumes_count"), run.Value(0, "status"), d.Rows)
	}
	if err := again.Append(&Sample{Point: points[0].Index, Status: OK, Values: values(r, 1, 1, 1)}); err == nil {
		t.Error("a closed run takes samples")
	}
}

// Killed at any byte: every whole sample is there, the run goes on, and its
// tables can be made.
func TestCrashAtEveryByteOfTheJournal(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	r := createRun(t, t.TempDir(), s)
	header := r.journal.Size()
	for _, p := range pointsOf(t, s)[:2] {
		must(t, r.Point(p))
		must(t, r.Append(&Sample{Point: p.Index, Status: OK, Values: values(r, 1.5, 1, math.NaN())}))
	}
	must(t, r.Append(&Sample{Point: 0, Status: Failed, Error: "it {\"broke\"}"}))
	must(t, r.Close())
	path := filepath.Join(r.Dir(), JournalFile)
	whole, err := os.ReadFile(path)
	must(t, err)
	for n := 0; n <= len(whole); n++ {
		if int64(n) < header-50 && n > 50 { // the header is long, and all of its bytes are alike
			n += 100
		}
		must(t, os.WriteFile(path, whole[:n], 0o600))
		want := bytes.Count(whole[:n], []byte("\n"+sampleMark)) // begun
		if n > 0 && whole[n-1] != '\n' && bytes.HasPrefix(whole[bytes.LastIndexByte(whole[:n], '\n')+1:n], []byte(sampleMark)) {
			want-- // torn
		}
		again, err := Open(r.Dir())
		if int64(n) < header {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("cut at byte %d, in the header: %v", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at byte %d: %v", n, err)
		}
		got := 0
		for _, err := range again.Samples() {
			must(t, err)
			got++
		}
		must(t, again.Close())
		if got != want {
			t.Fatalf("cut at byte %d: %d samples, want %d", n, got, want)
		}
	}
	if d, err := Derive(t.Context(), r.Dir()); err != nil || d.Rows != 3 {
		t.Errorf("tables: %v", err)
	}
}

func TestDamageIsReported(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	for name, edit := range map[string]func(lines []string) []string{
		"a line in the middle":    func(l []string) []string { l[2] = "rubbish\n"; return l },
		"a point that is missing": func(l []string) []string { return append(l[:1], l[2:]...) },
		"a point defined twice":   func(l []string) []string { return append(l[:3], append([]string{l[1]}, l[3:]...)...) },
		"a header of the future":  func(l []string) []string { l[0] = strings.Replace(l[0], `{"runx":1`, `{"runx":9`, 1); return l },
		"no header":               func(l []string) []string { return l[1:] },
		"two headers":             func(l []string) []string { return append(l[:2], l[0], l[2]) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := createRun(t, t.TempDir(), s)
			p := pointsOf(t, s)[0]
			must(t, r.Point(p))
			for k := range 3 {
				must(t, r.Append(&Sample{Point: p.Index, Rep: k, Status: OK, Values: values(r, 1, 1, 1)}))
			}
			must(t, r.Close())
			path := filepath.Join(r.Dir(), JournalFile)
			text, err := os.ReadFile(path)
			must(t, err)
			damaged := []byte(strings.Join(edit(strings.SplitAfter(string(text), "\n")), ""))
			must(t, os.WriteFile(path, damaged, 0o600))
			if _, err := Open(r.Dir()); err == nil {
				t.Error("it was opened")
			}
			if _, err := Derive(t.Context(), r.Dir()); err == nil {
				t.Error("tables were made")
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, damaged) {
				t.Error("the journal was changed")
			}
			if got := entries(t, r.Dir()); slices.ContainsFunc(got, func(n string) bool { return strings.Contains(n, "parquet") }) {
				t.Errorf("left behind: %v", got)
			}
		})
	}
}

// A disk that fills up in the middle of a run: what was appended is kept, and
// the error says how to go on.
func TestAppendToAFullDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	s := parseSpec(t, probeSpec)
	r := createRun(t, t.TempDir(), s)
	p := pointsOf(t, s)[0]
	must(t, r.Point(p))
	must(t, r.journal.Close())
	r.journal = journal.New(devFull{full}, 0, journal.Options{})
	err = r.Append(&Sample{Point: p.Index, Status: OK, Values: values(r, 1, 1, 1)})
	e, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(e.Hint(), "free some space") || !strings.Contains(e.Hint(), "runx resume "+r.Dir()) {
		t.Errorf("got %v, hint %q", err, e.Hint())
	}
}

type devFull struct{ *os.File }

func (devFull) Truncate(int64) error { return nil }

func TestAppendDoesNotAllocate(t *testing.T) {
	s := parseSpec(t, probeSpec)
	r := createRun(t, t.TempDir(), s)
	p := pointsOf(t, s)[0]
	must(t, r.Point(p))
	sample := Sample{Point: p.Index, Status: OK, Tainted: "steal", Values: values(r, 0.0123, 4096, 0.5)}
	if n := testing.AllocsPerRun(1000, func() { must(t, r.Point(p)); must(t, r.Append(&sample)) }); n != 0 {
		t.Errorf("%v allocations a sample", n)
	}
}

func BenchmarkRunAppend(b *testing.B) {
	s := parseSpec(b, probeSpec)
	r := createRun(b, b.TempDir(), s)
	p := pointsOf(b, s)[0]
	must(b, r.Point(p))
	sample := noopSample()
	sample.Point, sample.Values = p.Index, sample.Values[:len(r.header.Metrics)]
	b.ReportAllocs()
	for b.Loop() {
		must(b, r.Append(sample))
	}
}

func TestRunIDsSortByTime(t *testing.T) {
	t.Parallel()
	id := newRunID(timeZero)
	if !strings.HasPrefix(id, "20261123t140501z-") || !runIDPattern.MatchString(id) {
		t.Errorf("got %s", id)
	}
	if again, third := newRunID(timeZero), newRunID(timeZero); again == id && third == id {
		t.Error("the ids of one second are the same")
	}
	if later := newRunID(timeZero.AddDate(0, 0, 1)); later < id {
		t.Errorf("%s sorts before %s", later, id)
	}
}

// The folder of a point's files can be found from any directory, and is not made
// before there are files.
func TestFilesDir(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	r, err := Create("out", parseSpec(t, probeSpec), CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := r.FilesDir("abc")
	if want := filepath.Join(dir, r.Dir(), "files", "abc"); got != want {
		t.Errorf("the folder is %s, want %s", got, want)
	}
	if _, err := os.Stat(filepath.Dir(got)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("looking for the folder: error %v, want that it is not there", err)
	}
}
