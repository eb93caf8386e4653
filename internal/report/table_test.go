package report

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTableAligns(t *testing.T) {
	t.Parallel()
	table := Table{
		Columns: []TableColumn{
			{Title: "mode", Keep: true}, {Title: "n", Right: true, Keep: true}, {Title: "latency p50", Unit: "µs"}, {Title: "memory", Unit: "MiB", Right: true},
		},
		Rows: [][]string{{"naive", "10", "1.5 [1, 2]", "4"}, {"ß", "7", "12", "128.5"}},
	}
	want := `mode    n  latency p50  memory
            µs              MiB
naive  10  1.5 [1, 2]        4
ß       7  12            128.5
`
	// The unit of a column that stands to the left does so too.
	want = strings.Replace(want, "            µs              MiB", "           µs              MiB", 1)
	var b strings.Builder
	hidden, err := table.Write(&b, 0, Style{})
	if err != nil || hidden != 0 || b.String() != want {
		t.Errorf("hidden %d, error %v, got\n%s\nwant\n%s", hidden, err, b.String(), want)
	}
	b.Reset()
	hidden, err = table.Write(&b, 22, Style{})
	if err != nil || hidden != 1 || strings.Contains(b.String(), "memory") {
		t.Errorf("in 22 cells: hidden %d, error %v, got\n%s", hidden, err, b.String())
	}
}

// No line is wider than the terminal as long as the columns that must stay fit.
func TestTableFits(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[a-z0-9µ]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "columns")
		table := Table{Columns: []TableColumn{{Title: text.Draw(t, "title"), Keep: true}}}
		for range n - 1 {
			table.Columns = append(table.Columns, TableColumn{Title: text.Draw(t, "title"), Right: rapid.Bool().Draw(t, "right")})
		}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			row := make([]string, n)
			for i := range row {
				row[i] = text.Draw(t, "cell")
			}
			table.Rows = append(table.Rows, row)
		}
		width := rapid.IntRange(12, 100).Draw(t, "width")
		var b strings.Builder
		hidden, err := table.Write(&b, width, Style{})
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if got := cells(strings.TrimRight(line, "\n")); got > width {
				t.Fatalf("%d cells in a terminal of %d: %q", got, width, line)
			}
		}
		if hidden < 0 || hidden >= n {
			t.Fatalf("%d of %d columns hidden", hidden, n)
		}
	})
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text          string
		width, indent int
		want          string
	}{
		{"one two three", 0, 2, "one two three"},
		{"one two three", 13, 2, "one two three"},
		{"one two three", 9, 2, "one two\n  three"},
		{"one two three", 4, 2, "one\n  two\n  three"},
		{"  hint: a b", 9, 8, "  hint: a\n        b"},
		{"", 5, 2, ""},
	} {
		if got := Wrap(tt.text, tt.width, tt.indent); got != tt.want {
			t.Errorf("Wrap(%q, %d, %d) = %q, want %q", tt.text, tt.width, tt.indent, got, tt.want)
		}
	}
}

// The names of columns come from files that others may have written.
func TestHeadingsAreShownNotObeyed(t *testing.T) {
	t.Parallel()
	table := Table{Columns: []TableColumn{{Title: "a\x1b[31m", Unit: "\x1b[2J", Keep: true}}, Rows: [][]string{{"\x1b[1m"}}}
	var out strings.Builder
	if _, err := table.Write(&out, 0, Style{}); err != nil || strings.Contains(out.String(), "\x1b") {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// Where the columns that stay leave no room for any other, headings break, spare
// columns go, and texts are shortened, in this order; where that is in vain they
// stay as they are.
func TestTableMakesRoom(t *testing.T) {
	t.Parallel()
	table := Table{
		Columns: []TableColumn{
			{Title: "execution_by", Keep: true}, {Title: "n", Right: true, Keep: true}, {Title: "tainted", Right: true, Keep: true, Spare: true}, {Title: "latency", Right: true},
		},
		Rows: [][]string{{"processes", "10", "0", "1.5"}, {"threads", "7", "12", "128.5"}},
	}
	for _, tt := range []struct {
		width int
		want  string
	}{
		{40, "execution_by   n  tainted  latency\nprocesses     10        0      1.5\nthreads        7       12    128.5\n"},
		{33, "execution_                      \nby           n  tainted  latency\nprocesses   10        0      1.5\nthreads      7       12    128.5\n"},
		{26, "execution_             \nby           n  latency\nprocesses   10      1.5\nthreads      7    128.5\n"},
		{20, "execut…             \nby        n  latency\nproces…  10      1.5\nthreads   7    128.5\n"},
		{12, "execution_    \nby           n\nprocesses   10\nthreads      7\n"},
	} {
		var b strings.Builder
		if _, err := table.Write(&b, tt.width, Style{}); err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range strings.SplitSeq(tt.want, "\n") {
			want = append(want, strings.TrimRight(line, " "))
		}
		if b.String() != strings.Join(want, "\n") {
			t.Errorf("in %d cells\n%s\nwant\n%s", tt.width, &b, strings.Join(want, "\n"))
		}
	}
}
