package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// A spec is the text of somebody else: whatever it holds, the terminal is not
// told what to do.
func TestSpecsDoNotSpeakToTheTerminal(t *testing.T) {
	t.Parallel()
	const escape = `\e[31m\e]0;mine\a`
	for name, spec := range map[string]string{
		"a workload": `{version: 1, name: a, workload: "attention` + escape + `"}`,
		"a key":      `{version: 1, name: a, workload: noop, "quick` + escape + `": true}`,
		"a parameter": `{version: 1, name: a, workload: exec, params: {command: "echo` + escape + ` {nothing}"}, ` +
			`sweep: {x: ["` + escape + `", "b` + escape + `"]}}`,
		"an expression": `{version: 1, name: a, workload: noop, metrics: {m: "latency_ms + '` + escape + `' * nowhere"}}`,
		"a claim":       `{version: 1, name: a, workload: noop, claims: [{name: "` + escape + `", value: "1", expect: "value > '` + escape + `'"}]}`,
		"what is right": `{version: 1, name: a, title: "` + escape + `", workload: exec, params: {command: "echo ` + escape + `{x}"}, ` +
			`sweep: {x: ["` + escape + `", "b` + escape + `"]}, measure: {samples: 1, warmup: 0}, ` +
			`claims: [{name: "` + escape + `", for_each: [x], value: "max(latency_ms_p50)", expect: "value < 0 && '` + escape + `' != ''"}]}`,
		"what fails": `{version: 1, name: a, workload: exec, params: {command: "printf '` + escape + `' >&2; exit 3", shell: true}, ` +
			`measure: {samples: 1, warmup: 0}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "a\x1b[31m.yaml") // a pattern such as specs/*.yaml finds it
			if err := os.WriteFile(path, []byte(spec), 0o600); err != nil {
				t.Fatal(err)
			}
			runs := filepath.Join(dir, "out")
			for _, args := range [][]string{
				{"validate", path}, {"plan", path}, {"run", path, "-o", runs}, {"show", "a", "-o", runs}, {"report", "a", "-o", runs},
			} {
				command := args[0]
				var out, err bytes.Buffer
				run(args, nil, &out, &err)
				for _, text := range []string{out.String(), err.String()} {
					at := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' })
					if at >= 0 {
						t.Errorf("%s says %q", command, text)
					}
				}
			}
		})
	}
}
