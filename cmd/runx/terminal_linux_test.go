package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// openTerminal makes a pseudo-terminal of the given width; what is written to
// tty is read from screen.
func openTerminal(t *testing.T, width uint16) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { screen.Close() })
	fd := int(screen.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: width}); err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return screen, tty
}

// onTerminal runs runx with both outputs on a terminal and returns what it shows.
func onTerminal(t *testing.T, width uint16, env []string, args ...string) string {
	t.Helper()
	screen, tty := openTerminal(t, width)
	cmd := exec.Command("runx", args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = tty, tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	text, _ := io.ReadAll(screen) // ends with an error, when the last writer has gone
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return string(text)
}

func TestLiveBlock(t *testing.T) {
	t.Parallel()
	_, path := writeSpec(t, "workload: sleep\nsweep: {duration_ms: [2, 3]}\nmeasure: {samples: 60}\n")
	const redraw, bold, bar = "\x1b[J", "\x1b[1m", "█"
	for _, tt := range []struct {
		name                string
		env                 []string
		redraws, hasColours bool
	}{
		{"colour", []string{"TERM=xterm", "NO_COLOR="}, true, true},
		{"NO_COLOR", []string{"TERM=xterm", "NO_COLOR=1"}, true, false},
		{"dumb", []string{"TERM=dumb", "NO_COLOR="}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := onTerminal(t, 60, tt.env, "run", path)
			if got := strings.Contains(text, redraw) && strings.Contains(text, bar); got != tt.redraws {
				t.Errorf("redraws: %t, want %t:\n%q", got, tt.redraws, text)
			}
			if got := strings.Contains(text, bold); got != tt.hasColours {
				t.Errorf("colours: %t, want %t:\n%q", got, tt.hasColours, text)
			}
			if !strings.Contains(text, "120 samples of 2 points") {
				t.Errorf("the summary is missing:\n%q", text)
			}
			// At most one drawing in 100 ms: the run takes at least 300 ms.
			if n := strings.Count(text, "2 points, "); tt.redraws && (n < 2 || n > 60) {
				t.Errorf("%d drawings", n)
			}
		})
	}
}

// What a run says at its end fits the terminal; colours, signs beyond ASCII and
// widths are what the environment says.
func TestVerdictsOnATerminal(t *testing.T) {
	t.Parallel()
	_, path := writeSpec(t, `workload: synthetic
sweep: {size: [1, 2, 3]}
measure: {samples: 40}
claims:
  - {name: it is so, value: "latency_ms_p50[0]", expect: value > 0}
  - {name: it is otherwise, value: "latency_ms_p50[0]", expect: value < 0}
`)
	for _, tt := range []struct {
		name               string
		width, want        int
		env                []string
		colours, sparkline bool
		yes, no            string
	}{
		{"narrow", 50, 50, []string{"TERM=xterm"}, true, true, "\x1b[32m✓\x1b[0m", "\x1b[31m✗\x1b[0m"},
		{"wide", 140, 140, []string{"TERM=xterm"}, true, true, "\x1b[32m✓\x1b[0m", "\x1b[31m✗\x1b[0m"},
		{"COLUMNS", 140, 60, []string{"TERM=xterm", "COLUMNS=60"}, true, true, "\x1b[32m✓\x1b[0m", "\x1b[31m✗\x1b[0m"},
		{"NO_COLOR", 80, 80, []string{"TERM=xterm", "NO_COLOR=1"}, false, true, "✓", "✗"},
		{"dumb", 80, 80, []string{"TERM=dumb"}, false, true, "✓", "✗"},
		{"ASCII", 80, 80, []string{"TERM=dumb", "LC_ALL=C"}, false, false, "+", "-"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := append([]string{"NO_COLOR=", "COLUMNS=", "LC_ALL=C.UTF-8"}, tt.env...)
			text := onTerminal(t, uint16(tt.width), env, "run", "--no-report", path)
			_, end, found := strings.Cut(text, "latency p50")
			if !found || !strings.Contains(end, tt.yes+" it is so") || !strings.Contains(end, tt.no+" it is otherwise") {
				t.Fatalf("the verdicts are missing:\n%q", text)
			}
			if got := strings.Contains(end, "\x1b["); got != tt.colours {
				t.Errorf("colours: %t, want %t:\n%q", got, tt.colours, end)
			}
			if got := strings.ContainsAny(end, "▁▂▃▄▅▆▇█"); got != tt.sparkline {
				t.Errorf("sparkline: %t, want %t:\n%q", got, tt.sparkline, end)
			}
			plain := regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]").ReplaceAllString(end, "")
			plain, _, _ = strings.Cut(plain, "samples of") // what is to be copied is not broken
			for line := range strings.Lines(plain) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\r\n")); n > tt.want {
					t.Errorf("%d cells, want at most %d: %q", n, tt.want, line)
				}
			}
		})
	}
}
