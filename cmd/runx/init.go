package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"runx/workloads/suite"
)

func newInit(t *terminal) *cobra.Command {
	workload := "attention"
	cmd := &cobra.Command{
		Use:   "init [--workload W] FILE",
		Short: "begin a spec: a commented one that runs as it stands",
		Example: `  runx init mine.yaml
  runx init --workload exec bench.yaml`,
		Args: exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := args[0]
			w, err := findWorkload(suite.All(), workload)
			if err != nil {
				return err
			}
			if err := createFile(path, starterSpec(w, specName(path), schemaFor(path))); err != nil {
				return err
			}
			t.note("wrote %s", path)
			t.hint("runx plan %s shows what it measures, runx run %s measures it", path, path)
			return nil
		},
	}
	cmd.Flags().StringVar(&workload, "workload", workload, "what to measure (runx list shows them)")
	// The names are completed like those of list.
	_ = cmd.RegisterFlagCompletionFunc("workload", completeWorkloads)
	return cmd
}

// createFile writes a file that does not exist yet, or nothing at all.
func createFile(path, text string) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return withHint(usagef("%s is there already and stays as it is", path), "choose another name")
	}
	if err != nil {
		return usageError{err}
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	_, err = file.WriteString(text)
	return err
}

var notInNames = regexp.MustCompile(`[^a-z0-9_-]+`)

// specName makes the name of a spec from that of its file.
func specName(path string) string {
	base := filepath.Base(path)
	base = strings.ToLower(strings.TrimSuffix(base, filepath.Ext(base)))
	name := strings.Trim(notInNames.ReplaceAllString(base, "-"), "_-")
	if name == "" || name[0] < 'a' {
		name = strings.TrimSuffix("spec-"+name, "-")
	}
	return name[:min(len(name), 40)]
}

// schemaFor finds the schema.json that an editor should read for a spec at
// path: in the nearest folder above it that has one.
func schemaFor(path string) string {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return ""
	}
	for up := "."; ; up = filepath.Join("..", up) {
		if _, err := os.Stat(filepath.Join(dir, up, "schema.json")); err == nil {
			return filepath.ToSlash(filepath.Join(up, "schema.json"))
		}
		if filepath.Join(dir, up) == filepath.Dir(filepath.Join(dir, up)) {
			return ""
		}
	}
}
