package html

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"

	"runx/internal/report/figure"
)

//go:embed assets
var assets embed.FS

// A page is the frame that all pages share: head, bar, style, script, foot.
type page struct {
	// Title is what the tab says.
	Title string
	// Kind is the class of the body, "report", and names the style sheet of its
	// own, if it has one.
	Kind string
	// Home is the directory of the run below the one of all runs, "week07/<run_id>",
	// where the page may be opened through a link from there.
	Home string
	// Nav are the sections to jump to.
	Nav []anchor
	// Body is what the page's own template gets.
	Body any
}

// An anchor is a section of a page.
type anchor struct{ ID, Title string }

// A frame is a page with all that is the same on every page.
type frame struct {
	page
	Policy string
	Style  template.CSS
	Script template.JS
}

// write writes the page through assets/shell.gohtml, in which the template
// "body" of the file named stands.
func (p page) write(w io.Writer, body string) error {
	t, err := template.ParseFS(assets, "assets/shell.gohtml", "assets/"+body)
	if err != nil {
		return fmt.Errorf("parse the page %s: %w", body, err)
	}
	style, err := assets.ReadFile("assets/page.css")
	if err != nil {
		return fmt.Errorf("read the style sheet: %w", err)
	}
	own, err := assets.ReadFile("assets/" + p.Kind + ".css")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the style sheet of the page %s: %w", body, err)
	}
	script, err := assets.ReadFile("assets/page.js")
	if err != nil {
		return fmt.Errorf("read the script: %w", err)
	}
	f := frame{
		page:   p,
		Policy: policy(script),
		Style:  template.CSS(string(style) + string(own) + figureStyle()),
		Script: template.JS(script),
	}
	if err := t.ExecuteTemplate(w, "page", f); err != nil {
		return fmt.Errorf("write the page %s: %w", body, err)
	}
	return nil
}

// policy allows a page its own script, inline styles and nothing else: whatever
// came into the page, it can neither run nor fetch.
func policy(script []byte) string {
	hash := sha256.Sum256(script)
	return "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'"
}

// figureStyle is that of the pictures: the reader's choice, or else the
// system's, and light on paper.
func figureStyle() string {
	return "@media screen{" + figure.Stylesheet(":root", `:root[data-theme="dark"]`) +
		"@media (prefers-color-scheme:dark){" + figure.Stylesheet(`:root[data-theme="light"]`, `:root:not([data-theme="light"])`) + "}}" +
		"@media print{" + figure.Stylesheet(":root", ":root#never") + "}"
}
