package results

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"strings"
	"time"
)

// runIDPattern is the form of a run_id: names sort by time.
var runIDPattern = regexp.MustCompile(`^[0-9]{8}t[0-9]{6}z-[0-9a-f]{4}$`)

// secondOf is the second in a run_id.
func secondOf(runID string) string {
	second, _, _ := strings.Cut(runID, "-")
	return second
}

func newRunID(now time.Time) string {
	return strings.ToLower(now.UTC().Format("20060102T150405Z")) + "-" + randomHex(2)
}

// randomHex returns 2n digits that another process will hardly choose.
func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
