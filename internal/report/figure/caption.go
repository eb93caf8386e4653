package figure

import (
	"fmt"
	"strings"
)

// title is that of the plot, or made of its columns.
func (c *chart) title() string {
	if c.plot.Title != "" {
		return c.plot.Title
	}
	var y []string
	for _, column := range c.plot.Y {
		y = append(y, c.label(column))
	}
	switch {
	case len(y) == 0:
		return capital(c.label(c.plot.X))
	case c.plot.X == "":
		return capital(strings.Join(y, ", "))
	}
	return capital(strings.Join(y, ", ") + " over " + c.label(c.plot.X))
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// fileName is the name of a plot's files, from its number and title.
func fileName(i int, title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	return strings.TrimSuffix(fmt.Sprintf("%02d-%s", i+1, strings.Trim(b.String(), "-")), "-")
}

// maxFacts bounds the length of a caption.
const maxFacts = 8

// caption says what the figure shows.
func (c *chart) caption(title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", title, c.plot.Kind)
	if len(c.plot.Y) > 0 {
		fmt.Fprintf(&b, " of %s", strings.Join(c.plot.Y, ", "))
	}
	if c.plot.X != "" {
		fmt.Fprintf(&b, " over %s", c.plot.X)
	}
	if c.plot.Color != "" {
		fmt.Fprintf(&b, ", by %s", c.plot.Color)
	}
	if c.plot.Facet != "" {
		fmt.Fprintf(&b, ", a panel per %s", c.plot.Facet)
	}
	b.WriteString(".")
	for _, fact := range c.facts[:min(len(c.facts), maxFacts)] {
		b.WriteString(" " + fact)
	}
	if more := len(c.facts) - maxFacts; more > 0 {
		fmt.Fprintf(&b, " And %d more.", more)
	}
	return b.String()
}
