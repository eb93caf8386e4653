package main

import (
	"errors"
	"strings"
	"testing"

	"runx/internal/results"
)

func TestProgramName(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("0123456789abcdef", 4)
	for _, tt := range []struct{ arg0, executable, want string }{
		{"runx", "/usr/local/bin/runx", "runx"},
		{"runx.exe", "C:/bin/runx.exe", "runx"},
		{"./runx", "/home/me/runx", "./runx"},
		{"/opt/my tools/runx", "/opt/my tools/runx", "'/opt/my tools/runx'"},
		{"/tmp/go-build384757741/b001/exe/runx", "/tmp/go-build384757741/b001/exe/runx", "go run runx/cmd/runx"},
		{"/cache/b2/" + hash + "-d/runx", "/cache/b2/" + hash + "-d/runx", "go run runx/cmd/runx"},
		{"bin/go-build/runx", "/home/me/bin/go-build/runx", "bin/go-build/runx"},
	} {
		got := programName(tt.arg0, tt.executable)
		if strings.HasPrefix(tt.want, "go run") {
			got = strings.Replace(got, "runx/cmd/runx.test", "runx/cmd/runx", 1) // the package of this test binary
		}
		if got != tt.want {
			t.Errorf("programName(%q, %q) = %q, want %q", tt.arg0, tt.executable, got, tt.want)
		}
	}
}

func TestHintsNameTheCommandThatWorks(t *testing.T) {
	t.Parallel()
	var err strings.Builder
	term := newTerminal(nil, nil, &err)
	term.program = "go run ./cmd/runx"
	term.exit(&results.Error{What: "the runx run is not complete", Cure: "to go on: runx resume x", Err: errors.New("cause")})
	term.warn("no more", `did you mean "runx plan"?`)
	term.hint("%s goes on, runx runs on", "runx resume 7%")
	const want = `runx: the runx run is not complete
  hint: to go on: go run ./cmd/runx resume x
warning: no more
  hint: did you mean "go run ./cmd/runx plan"?
  hint: go run ./cmd/runx resume 7% goes on, runx runs on
`
	if got := err.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := term.commands("what is runx plan?"); got != "what is go run ./cmd/runx plan?" {
		t.Error(got)
	}
}
