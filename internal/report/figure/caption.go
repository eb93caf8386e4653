package figure

import (
	"fmt"
	"strings"

	"runx/spec"
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

// subject says what is drawn over what.
func (c *chart) subject() string {
	p := c.plot
	y, by := strings.Join(p.Y, ", "), ""
	if p.Color != "" {
		by = ", by " + p.Color
	}
	switch p.Kind {
	case spec.Heatmap:
		return "heat map of " + p.Color + " over " + p.X + " and " + y
	case spec.ECDF:
		return "share of the samples whose " + p.X + " is at most so much" + by
	case spec.Histogram:
		return "histogram of " + p.X + by
	case spec.Stacked:
		return "bars of " + y + ", stacked, over " + p.X
	case spec.Waterfall:
		return "bars one after the other of " + y
	case spec.Box:
		return "box plot of " + y + " over " + p.X + by
	case spec.TimeSeries:
		return "time series of " + y + " over " + p.X + by
	}
	return string(p.Kind) + " of " + y + " over " + p.X + by
}

// maxFacts bounds the length of a caption.
const maxFacts = 8

// caption says what the figure shows.
func (c *chart) caption(title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", title, c.subject())
	if c.plot.Facet != "" {
		fmt.Fprintf(&b, ", a panel per %s", c.plot.Facet)
	}
	b.WriteString(".")
	if c.plot.Fit != "" {
		b.WriteString(" Dashed curves are fitted to all points of a series; their brackets hold 95% by how the points scatter about the curve.")
	}
	for _, fact := range c.facts[:min(len(c.facts), maxFacts)] {
		b.WriteString(" " + capital(fact))
	}
	if more := len(c.facts) - maxFacts; more > 0 {
		fmt.Fprintf(&b, " And %d more.", more)
	}
	return b.String()
}
