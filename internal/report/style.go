package report

// A Style marks up text for a terminal. The zero value leaves it plain.
type Style struct {
	Color bool
	ASCII bool // the terminal shows no more than ASCII
}

// Bold makes a text stand out.
func (s Style) Bold(text string) string { return s.paint("1", text) }

// Dim makes a text stand back.
func (s Style) Dim(text string) string { return s.paint("2", text) }

// Warn marks what needs attention.
func (s Style) Warn(text string) string { return s.paint("33", text) }

// Bad marks what went wrong.
func (s Style) Bad(text string) string { return s.paint("31", text) }

// Good marks what is done.
func (s Style) Good(text string) string { return s.paint("32", text) }

func (s Style) paint(code, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
