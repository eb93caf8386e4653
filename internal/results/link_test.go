package results

import (
	"os"
	"path/filepath"
	"testing"
)

// The link to the report leads where those to the tables do, or nowhere.
func TestLinkToTheReport(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := parseSpec(t, probeSpec)
	link := filepath.Join(root, "demo.html")
	for _, tt := range []struct {
		id     string
		report bool
		want   string
	}{
		{id1, false, ""},
		{id2, true, "demo/" + id2 + "/report.html"},
		{id3, false, ""},
	} {
		runAt(t, root, tt.id, s, Complete)
		if tt.report {
			must(t, os.WriteFile(filepath.Join(root, "demo", tt.id, ReportFile), nil, 0o600))
		}
		if w, err := Link(root, "demo"); w != nil || err != nil {
			t.Fatalf("%v, %v", w, err)
		}
		if got, _ := os.Readlink(link); filepath.ToSlash(got) != tt.want {
			t.Errorf("after %s the link leads to %q, want %q", tt.id, got, tt.want)
		}
	}
	must(t, os.WriteFile(link, []byte("mine"), 0o600))
	if w, err := Link(root, "demo"); w != nil || err != nil {
		t.Errorf("%v, %v", w, err)
	}
	if text, _ := os.ReadFile(link); string(text) != "mine" {
		t.Error("a file that is no link was removed")
	}
}
