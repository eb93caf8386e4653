package wire

import (
	"io"
	"strings"
	"sync"
)

const (
	tailBytes = 2048
	tailLines = 8
)

// A tail passes text on and remembers its end, for the message about a death.
type tail struct {
	log io.Writer

	mu  sync.Mutex
	end []byte
}

// Write never fails: a log that cannot be written must not end the worker.
func (t *tail) Write(p []byte) (int, error) {
	if t.log != nil {
		_, _ = t.log.Write(p)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p[max(0, len(p)-tailBytes):]...)
	if extra := len(t.end) - tailBytes; extra > 0 {
		t.end = append(t.end[:0], t.end[extra:]...)
	}
	return len(p), nil
}

// String is the last lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(strings.ToValidUTF8(string(t.end), "�"))
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
