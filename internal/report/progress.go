package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// Progress is how far a run is, at one moment between two samples.
type Progress struct {
	Name                     string // of the spec
	PointsDone, PointsTotal  int64
	Samples, SamplesExpected int64 // repetitions; expected 0: unknown
	Rows                     int64 // that they yielded, where a repetition yields several
	Failed                   int64 // attempts at a sample; one that failed may be made again
	Elapsed, Remaining       time.Duration
	// RemainingKnown says that Remaining is an estimate and not a blank.
	RemainingKnown bool
	Round          int
	Point          string // the parameters that vary: "algorithm=naive seq_len=128"
	Opening        bool   // the point is being opened, and not sampled
	Estimate       Estimate
	Warnings       []string // the most doubtful first
}

// An Estimate is what is known so far about the current point.
type Estimate struct {
	Metric, Stat  string
	Value, Lo, Hi float64 // NaN where unknown
	N             int
}

// String renders "latency p50 12.34 ms [12.10, 12.60] from 25 samples".
func (e Estimate) String() string { return e.text("sample") }

func (e Estimate) text(noun string) string {
	if e.N == 0 || math.IsNaN(e.Value) {
		return ""
	}
	return fmt.Sprintf("%s %s %s from %s", BaseName(e.Metric), e.Stat,
		QuantityInterval(e.Metric, e.Value, e.Lo, e.Hi), counted(e.N, noun))
}

// fraction is the part of the run that is done, from 0 to 1.
func (p *Progress) fraction() float64 {
	done, total := p.Samples, p.SamplesExpected
	if p.PointsTotal > 0 && p.PointsDone == p.PointsTotal {
		return 1
	}
	if total <= 0 {
		done, total = p.PointsDone, p.PointsTotal
	}
	if total <= 0 {
		return 0
	}
	return min(float64(done)/float64(total), 1)
}

func (p *Progress) counts() string {
	s := fmt.Sprintf("%s of %s, %s", Count(p.PointsDone), counted(int(p.PointsTotal), "point"), counted(int(p.Samples), p.unit()))
	if p.Rows > p.Samples {
		s += " of " + Count(p.Rows) + " samples"
	}
	if p.Failed > 0 {
		s += ", " + counted(int(p.Failed), "attempt") + " failed"
	}
	return s
}

// now is what is being done.
func (p *Progress) now() string {
	if p.Opening {
		return "opening " + cmp.Or(p.Point, "the point")
	}
	return p.Point
}

// unit is what Samples counts.
func (p *Progress) unit() string {
	if p.Rows > p.Samples {
		return "repetition"
	}
	return "sample"
}

func (p *Progress) times() string {
	s := Duration(p.Elapsed)
	if p.RemainingKnown && p.fraction() < 1 {
		s += ", about " + Duration(p.Remaining) + " to go"
	}
	return s
}

// Redraw is the shortest time between two drawings of a block: often enough to
// look alive, seldom enough to cost a measurement nothing.
const Redraw = 100 * time.Millisecond

// A Block is a few lines at the end of a terminal, redrawn in place. It draws
// only when it is told to, in the goroutine that tells it: a display that drew
// by itself would disturb what is being measured.
type Block struct {
	Out   io.Writer
	Style Style
	Width func() int // of the terminal, asked before each drawing
	lines int        // drawn last time
}

// Draw replaces what was drawn before.
func (b *Block) Draw(p *Progress) error {
	width := max(b.Width()-1, 20) // the last column would wrap on some terminals
	lines := b.render(p, width)
	var s strings.Builder
	s.WriteString(b.rewind())
	for _, l := range lines {
		s.WriteString("\r\x1b[2K" + l + "\n")
	}
	s.WriteString("\x1b[J") // what is left of a taller drawing
	b.lines = len(lines)
	_, err := io.WriteString(b.Out, s.String())
	return err
}

// Clear takes the block away, so that other lines can be written.
func (b *Block) Clear() error {
	if b.lines == 0 {
		return nil
	}
	_, err := io.WriteString(b.Out, b.rewind()+"\r\x1b[J")
	b.lines = 0
	return err
}

func (b *Block) rewind() string {
	if b.lines == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA", b.lines)
}

// maxShownWarnings bounds the height of a block.
const maxShownWarnings = 3

func (b *Block) render(p *Progress, width int) []string {
	title := p.Name + "  "
	tail := fmt.Sprintf("  %3.0f%%  %s", 100*p.fraction(), p.times())
	room := min(width-cells(title)-cells(tail), 40)
	lines := []string{clip(title+strings.TrimPrefix(tail, "  "), width)}
	if room >= 8 {
		lines[0] = b.Style.Bold(title) + b.Style.Good(bar(p.fraction(), room, b.Style)) + tail
	}
	add := func(label, text string, paint func(string) string) {
		if text != "" {
			lines = append(lines, paint(clip("  "+label+Printable(text), width)))
		}
	}
	plain := func(s string) string { return s }
	add("", p.counts(), plain)
	now := p.now()
	if p.Round > 0 {
		now = strings.TrimSpace(fmt.Sprintf("%s  round %d", now, p.Round))
	}
	add("now  ", now, b.Style.Dim)
	add("est  ", p.Estimate.text(p.unit()), plain)
	for _, w := range p.Warnings[:min(len(p.Warnings), maxShownWarnings)] {
		add("warning: ", w, b.Style.Warn)
	}
	return lines
}

// eighths are the left parts of a full cell.
var eighths = []rune(" ▏▎▍▌▋▊▉")

// bar draws a fraction as a bar of width cells.
func bar(fraction float64, width int, style Style) string {
	filled := int(math.Round(fraction * float64(width) * 8))
	if style.ASCII {
		return strings.Repeat("#", filled/8) + strings.Repeat(".", width-filled/8)
	}
	s := strings.Repeat("█", filled/8)
	if rest := filled % 8; rest > 0 {
		s += string(eighths[rest])
	}
	return s + strings.Repeat("░", max(width-cells(s), 0))
}

// Lines prints progress where nothing can be redrawn: in a log. It writes at
// most one line per twentieth of the run and per second, so that a log stays
// short however long the run.
type Lines struct {
	Out      io.Writer
	begun    bool
	nextPart float64
	nextTime time.Duration
}

// The bounds on how often Lines prints.
const (
	linesPart  = 1.0 / 20
	linesPause = time.Second
)

// Print prints a line if one is due. Warnings change while a run goes on; a log
// gets them at the end. The first opening of a point is always told: it may take
// longer than anything that follows.
func (l *Lines) Print(p *Progress) error {
	f := p.fraction()
	if p.Opening && !l.begun {
		l.begun = true
		_, err := fmt.Fprintf(l.Out, "%s: %s\n", p.Name, Printable(p.now()))
		return err
	}
	if f < l.nextPart || p.Elapsed < max(l.nextTime, linesPause) {
		return nil
	}
	l.nextPart = (math.Floor(f/linesPart) + 1) * linesPart
	l.nextTime = p.Elapsed + linesPause
	line := fmt.Sprintf("%s: %3.0f%%, %s, %s", p.Name, 100*f, p.counts(), p.times())
	if now := p.now(); now != "" {
		line += "; " + Printable(now)
	}
	if e := p.Estimate.text(p.unit()); e != "" {
		line += ": " + e
	}
	_, err := io.WriteString(l.Out, line+"\n")
	return err
}
