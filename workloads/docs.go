package workloads

import "strings"

// PackageDoc returns the package comment of a Go source file as the Doc of a
// [Workload]: one text serves the reader of the code, go doc, `runx list` and
// the schema. The words "Package name" are left out and the next one gets a
// capital. The workload's package embeds its doc.go and hands it over.
func PackageDoc(source string) string {
	var doc strings.Builder
	for line := range strings.Lines(source) {
		text, isComment := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "//")
		if !isComment {
			break
		}
		doc.WriteString(strings.TrimPrefix(text, " ") + "\n")
	}
	text := strings.TrimSpace(doc.String())
	if rest, ok := strings.CutPrefix(text, "Package "); ok {
		_, text, _ = strings.Cut(rest, " ")
	}
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
