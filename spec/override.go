package spec

import (
	"slices"
	"strconv"
	"strings"

	"runx/internal/document"
	"runx/workloads"
)

// override applies --set, --seed and -p to the tree, in this order: -p needs
// to know the workload, which --set may change.
func (l *loader) override() {
	for _, text := range l.opts.Set {
		path, value, ok := strings.Cut(text, "=")
		if !ok {
			l.problems.Add(document.Position{File: "--set " + text}, "write --set measure.samples=5", "want path=value")
			continue
		}
		l.changed = true
		l.must(l.tree.Set(strings.TrimSpace(path), value))
	}
	if l.opts.Seed != nil {
		l.changed = true
		l.must(l.tree.SetFrom("--seed", "measure.seed", strconv.FormatUint(*l.opts.Seed, 10)))
	}
	if len(l.opts.Params) > 0 {
		l.overrideParams()
	}
}

func (l *loader) overrideParams() {
	var doc specDoc
	l.tree.Decode(&doc)
	w := findWorkload(l.ctx, l.opts, &doc, new(document.Problems))
	if w == nil {
		return // building reports it
	}
	given := map[string]bool{}
	for _, text := range l.opts.Params {
		name, value, ok := strings.Cut(text, "=")
		name = strings.TrimSpace(name)
		at := document.Position{File: "-p " + name}
		switch {
		case !ok || name == "":
			l.problems.Add(document.Position{File: "-p " + text}, "write -p seq_len=128 or -p seq_len=128,256", "want parameter=value")
		case !workloads.NamePattern.MatchString(name):
			l.problems.Add(at, "", "%q does not match %s", name, workloads.NamePattern)
		case given[name]:
			l.problems.Add(at, "several values are separated by commas: -p "+name+"=1,2", "%s is given twice", name)
		case l.isGroup(name):
			l.problems.Add(at, "set the whole axis: --set 'sweep."+name+"={cases: [...]}'",
				"%s is no parameter but the axis that moves %s", name, join(l.movedBy(name)))
		case isList(value) && !isText(w, name):
			l.problems.Add(at, "without brackets: -p "+name+"="+strings.Join(splitValues(strings.Trim(value, " []")), ","), "several values are separated by commas")
		case strings.TrimSpace(value) == "":
			l.problems.Add(at, `an empty string is written -p '`+name+`=""'`, "the value is missing")
		default:
			given[name] = true
			l.overrideParam(w, at, name, value)
		}
	}
}

// overrideParam fixes a parameter where one value is given, and sweeps it
// where there are several or a form such as {pow2: [128, 512]}.
func (l *loader) overrideParam(w *workloads.Workload, at document.Position, name, value string) {
	label, shared := l.axisOf(name)
	if shared {
		l.problems.Add(at, "set the whole axis: --set 'sweep."+label+"={cases: [...]}'",
			"%s moves together with others in axis %s", name, label)
		return
	}
	l.changed = true
	pieces := splitValues(value)
	if isText(w, name) {
		for i := range pieces {
			pieces[i] = quoted(pieces[i])
		}
	}
	if label != name { // what takes its place is named after the parameter
		l.tree.Delete("sweep", label)
	}
	isForm := len(pieces) == 1 && strings.HasPrefix(pieces[0], "{")
	switch {
	case isForm && !strings.HasPrefix(strings.Trim(pieces[0], "{ "), "expr"):
		l.must(l.tree.SetFrom("-p", "sweep."+name, pieces[0]))
		l.tree.Delete("params", name)
	case len(pieces) == 1:
		l.must(l.tree.SetFrom("-p", "params."+name, pieces[0]))
		l.tree.Delete("sweep", label)
	default:
		l.must(l.tree.SetFrom("-p", "sweep."+name, "["+strings.Join(pieces, ", ")+"]"))
		l.tree.Delete("params", name)
	}
}

// axisOf is the axis that moves a parameter, and whether it moves others too.
func (l *loader) axisOf(name string) (label string, shared bool) {
	axes, _ := l.tree.Lookup("sweep")
	for label, axis := range axes.Entries() {
		moved := sweptBy(label, axis)
		for _, m := range moved {
			if m.Value == name {
				return label.Value, len(moved) > 1
			}
		}
	}
	return name, false
}

// isText tells whether a parameter takes a text as it stands.
func isText(w *workloads.Workload, name string) bool {
	declared, ok := w.Param(name)
	return ok && (declared.Kind == workloads.String || declared.Kind == workloads.Enum)
}

// isList tells whether a value is written as a list in YAML.
func isList(value string) bool {
	value = strings.TrimSpace(value)
	return strings.HasPrefix(value, "[") && strings.HasSuffix(value, "]")
}

// isGroup tells whether a name is that of an axis alone: one that moves
// parameters of other names.
func (l *loader) isGroup(name string) bool {
	moved := l.movedBy(name)
	return len(moved) > 0 && !slices.Contains(moved, name)
}

// movedBy names the parameters that the axis of a name moves.
func (l *loader) movedBy(name string) []string {
	var names []string
	axes, _ := l.tree.Lookup("sweep")
	for label, axis := range axes.Entries() {
		if label.Value != name {
			continue
		}
		for _, m := range sweptBy(label, axis) {
			names = append(names, m.Value)
		}
	}
	return names
}

// splitValues splits at the commas that stand outside quotes and brackets.
func splitValues(text string) []string {
	var pieces []string
	depth, start := 0, 0
	quote := byte(0)
	for i := range len(text) {
		c := text[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '{' || c == '(':
			depth++
		case c == ']' || c == '}' || c == ')':
			depth--
		case c == ',' && depth == 0:
			pieces = append(pieces, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return append(pieces, strings.TrimSpace(text[start:]))
}

// quoted makes a YAML string of the text of a string parameter, which needs no
// quotes on the command line and may have them.
func quoted(piece string) string {
	n := len(piece)
	if n >= 2 && (piece[0] == '"' || piece[0] == '\'') && piece[n-1] == piece[0] {
		return piece
	}
	return strconv.Quote(piece)
}
