package results

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"runx/internal/journal"
)

// links are the files that have a link, and what its name ends in. A run has
// its tables, and the others if they are wanted.
var links = []struct {
	file, suffix string
	table        bool
}{
	{SamplesFile, ".parquet", true},
	{SummaryFile, ".summary.parquet", true},
	{ReportFile, ".html", false},
}

// Link points root/<spec>.parquet and root/<spec>.summary.parquet at the
// tables of the newest complete run of the spec, if there is one, and
// root/<spec>.html at its report. Where that run has no report its link goes, so
// that none leads to the report of another run. A smoke test does not take the
// place of results: it counts where there is nothing else. Whoever opens a link
// meanwhile gets the old file or the new one. The warning, where it is not nil,
// says why a link was not made, which loses no data.
func Link(root, specName string) (*Warning, error) {
	run, err := newestComplete(root, specName)
	if run == "" || err != nil {
		return nil, err
	}
	for _, l := range links {
		link := filepath.Join(root, specName+l.suffix)
		if w := point(link, root, filepath.Join(run, l.file)); w != nil {
			w.Cure += filepath.Join(root, run)
			return w, nil
		}
	}
	return nil, journal.SyncDir(root)
}

// point makes link lead to a file below root, and away where there is none. The
// cure of its warning lacks the directory of the run.
func point(link, root, file string) *Warning {
	info, err := os.Lstat(link)
	taken := err == nil && info.Mode()&fs.ModeSymlink == 0
	if _, missing := os.Stat(filepath.Join(root, file)); missing != nil {
		if err != nil || taken {
			return nil // there is nothing that could mislead
		}
		if err := os.Remove(link); err != nil {
			return &Warning{Message: fmt.Sprintf("cannot remove the link %s, which leads to another run: %v", link, err), Cure: "the newest run is in "}
		}
		return nil
	}
	if taken {
		return &Warning{Message: link + " is not a link and was left as it is", Cure: "move it away; the newest run is in "}
	}
	if err := swapLink(filepath.ToSlash(file), link); err != nil {
		return &Warning{Message: fmt.Sprintf("cannot make the link %s: %v", link, err), Cure: "read the files in "}
	}
	return nil
}

// newestComplete is the directory of a run relative to root, "" where there is
// none that is complete and has its tables. Every run that is no smoke test is
// newer than any that is.
func newestComplete(root, specName string) (string, error) {
	dirs, err := runDirs(root)
	if err != nil {
		return "", err
	}
	smokeTest := ""
	for _, dir := range slices.Backward(dirs) {
		if filepath.Base(filepath.Dir(dir)) != specName || !hasTables(dir) {
			continue
		}
		run := Info(dir)
		if run.Status != Complete {
			continue
		}
		if !run.Quick {
			return filepath.Rel(root, dir)
		}
		smokeTest = cmp.Or(smokeTest, dir)
	}
	if smokeTest == "" {
		return "", nil
	}
	return filepath.Rel(root, smokeTest)
}

func hasTables(dir string) bool {
	for _, l := range links {
		if _, err := os.Stat(filepath.Join(dir, l.file)); l.table && err != nil {
			return false
		}
	}
	return true
}

// swapLink makes a link under another name and renames it, so that the name is
// never without a target. The other name does not end in .parquet, so that no
// reader's pattern matches it.
func swapLink(target, link string) error {
	dir, name := filepath.Split(link)
	tmp := filepath.Join(dir, "."+name+"."+randomHex(4)+".tmp")
	if err := os.Symlink(target, tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, link); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return nil
}
