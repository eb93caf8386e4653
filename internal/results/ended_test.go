package results

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEndsOfPointsAreKept(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	r := createRun(t, t.TempDir(), s)
	points := pointsOf(t, s)
	if err := r.End(points[0].Index, SpentBudget); err == nil {
		t.Error("a point that is not defined ended")
	}
	must(t, r.Point(points[0]))
	must(t, r.Append(&Sample{Point: points[0].Index, Status: OK, Values: values(r, 1, 1, 1)}))
	must(t, r.Point(points[1]))
	for range 2 { // the second writes nothing
		must(t, r.End(points[0].Index, SpentBudget))
		must(t, r.End(points[1].Index, GivenUp))
	}
	must(t, r.Close())
	text, err := os.ReadFile(filepath.Join(r.Dir(), JournalFile))
	must(t, err)
	if n := strings.Count(string(text), `"event":"ended"`); n != 2 {
		t.Errorf("%d lines say that a point ended:\n%s", n, text)
	}
	again, err := Open(r.Dir())
	must(t, err)
	defer again.Close()
	if again.Ended(points[0].Index) != SpentBudget || again.Ended(points[1].Index) != GivenUp || again.Ended(points[2].Index) != "" {
		t.Errorf("read back as %v", again.ended)
	}
	d, err := Derive(t.Context(), r.Dir())
	must(t, err)
	if d.Rows != 1 || d.Points != 1 || d.Status != Running {
		t.Errorf("derived %+v", d)
	}
}

// A line that no run has written is damage: nobody trips over it later.
func TestLinesThatDoNotFitAreDamage(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"the end of no point":             `{"event":"ended","t":1,"ending":"budget"}`,
		"the end of one that is unknown":  `{"event":"ended","t":1,"point":7,"ending":"budget"}`,
		"a good sample without any value": `{"p":0,"r":0,"k":0,"t":1,"s":"ok","v":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := parseSpec(t, probeSpec)
			r := createRun(t, t.TempDir(), s)
			must(t, r.Point(pointsOf(t, s)[0]))
			must(t, r.Finish(Interrupted))
			must(t, r.Close())
			path := filepath.Join(r.Dir(), JournalFile)
			text, err := os.ReadFile(path)
			must(t, err)
			before, last, _ := strings.Cut(string(text), `{"event":"finished"`)
			must(t, os.WriteFile(path, []byte(before+line+"\n"+`{"event":"finished"`+last), 0o600))
			if _, err := Open(r.Dir()); !errors.Is(err, ErrCorrupt) {
				t.Errorf("opened with %v", err)
			}
			if _, err := Derive(t.Context(), r.Dir()); err == nil {
				t.Error("its tables are made")
			}
		})
	}
}
