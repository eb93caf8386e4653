package spec

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"runx/internal/document"
)

// Bounds of an expression: what a person writes stays far below them, and what
// is above them would take longer than the measurement it serves.
const (
	maxExpressionBytes = 4096
	maxExpressionNodes = 1000
	// maxSteps bounds the elements that one evaluation makes or visits: a
	// millisecond at worst. An axis, evaluated once, may take more.
	maxSteps     = 10_000
	maxAxisSteps = 4 * maxAxisValues
)

// An expression is compiled and type-checked; it keeps its place in the file.
type expression struct {
	text    document.Text
	program *vm.Program
	uses    []string // names of the environment, sorted
	typ     reflect.Type
	root    ast.Node // as parsed; optimising has not touched it
	limit   *stepLimit
	steps   int
}

// A language is what an expression may name: variables with values that show
// their types, and functions beside expr's own.
type language struct {
	env       map[string]any
	functions []function
	options   []expr.Option
	steps     int // bound of one evaluation; 0 is maxSteps
	// limit is what the functions charge; nil where they go over no rows.
	limit *stepLimit
	// unread are names whose meaning is not known, which is reported elsewhere.
	unread map[string]bool
	// explain is the cure for an unknown name, "" where it has none better than
	// the nearest name; nil is no cure.
	explain func(name string) string
}

// compile parses and checks one expression. Everything wrong with it goes into
// problems; the result is nil then.
func (l *language) compile(problems *document.Problems, text document.Text) *expression {
	if text.Value == "" && !text.IsValid() {
		return nil // it could not be read, which has been reported
	}
	if strings.TrimSpace(text.Value) == "" {
		problems.Add(text.Position, "", "the expression is empty")
		return nil
	}
	if len(text.Value) > maxExpressionBytes {
		problems.Add(text.Position, "", "the expression has %d bytes, the most is %d", len(text.Value), maxExpressionBytes)
		return nil
	}
	root, err := l.parse(text.Value)
	if err != nil {
		addExpressionError(problems, text, err)
		return nil
	}
	variables, unknown := l.names(root)
	for _, id := range unknown {
		l.addUnknown(problems, text, id)
	}
	if len(unknown) > 0 {
		return nil
	}
	limit := cmp.Or(l.limit, &stepLimit{})
	program, err := expr.Compile(text.Value, append(l.compileOptions(), limit.option)...)
	if err != nil {
		addExpressionError(problems, text, err)
		return nil
	}
	typ := program.Node().Type()
	return &expression{text: text, program: program, uses: usesOf(variables), typ: typ, root: root, limit: limit, steps: cmp.Or(l.steps, maxSteps)}
}

// compileAs is compile for an expression whose value must be of one of the
// kinds; want says so in words.
func (l *language) compileAs(problems *document.Problems, text document.Text, want string, kinds ...reflect.Kind) *expression {
	x := l.compile(problems, text)
	if x == nil {
		return nil
	}
	if x.typ == nil || !slices.Contains(kinds, x.typ.Kind()) {
		problems.Add(text.Position, x.kindHint(slices.Contains(kinds, reflect.Float64)), "the expression gives %s, want %s", x.typeName(), want)
		return nil
	}
	return x
}

func (l *language) parse(text string) (ast.Node, error) {
	tree, err := parser.ParseWithConfig(text, l.config())
	if err != nil {
		return nil, err
	}
	return tree.Node, nil
}

// config is what expr.Compile makes of the options.
func (l *language) config() *conf.Config {
	config := conf.CreateNew()
	for _, option := range l.compileOptions() {
		option(config)
	}
	for name := range config.Disabled {
		delete(config.Builtins, name)
	}
	return config
}

func (l *language) compileOptions() []expr.Option {
	options := []expr.Option{expr.Env(l.env), expr.MaxNodes(maxExpressionNodes), typedAggregates, expr.Patch(mixedBranches{})}
	for _, name := range disabledBuiltins {
		options = append(options, expr.DisableBuiltin(name))
	}
	for _, f := range l.functions {
		options = append(options, f.option())
	}
	return append(options, l.options...)
}

// names returns the identifiers of an expression that are variables, and those
// that mean nothing, both in the order of the text.
func (l *language) names(root ast.Node) (variables, unknown []*ast.IdentifierNode) {
	var all identifiers
	ast.Walk(&root, &all)
	functions := l.config().Functions
	slices.SortFunc(all.nodes, func(a, b *ast.IdentifierNode) int { return a.Location().From - b.Location().From })
	for _, id := range all.nodes {
		_, isVariable := l.env[id.Value]
		_, isFunction := functions[id.Value]
		switch {
		case isVariable:
			variables = append(variables, id)
		case !isFunction && !all.declared[id.Value]:
			unknown = append(unknown, id)
		}
	}
	return variables, unknown
}

// usesOf are the names of variables, sorted, each once.
func usesOf(variables []*ast.IdentifierNode) []string {
	var names []string
	for _, id := range variables {
		names = append(names, id.Value)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (l *language) addUnknown(problems *document.Problems, text document.Text, id *ast.IdentifierNode) {
	at := text.At(byteOffset(text.Value, id.Location().From))
	if l.unread[id.Value] {
		return
	}
	if l.disabled(id.Value) {
		problems.Add(at, "", "%s() is not available in a spec", id.Value)
		return
	}
	problems.Add(at, l.unknownHint(id), "unknown name %s", id.Value)
}

func (l *language) unknownHint(id *ast.IdentifierNode) string {
	if l.explain != nil {
		if hint := l.explain(id.Value); hint != "" {
			return hint
		}
	}
	return nearestHint(id.Value, l.candidates())
}

// candidates are all names that mean something, sorted.
func (l *language) candidates() []string {
	config := l.config()
	names := slices.Collect(maps.Keys(l.env))
	names = slices.AppendSeq(names, maps.Keys(config.Functions))
	names = slices.AppendSeq(names, maps.Keys(config.Builtins))
	// A name with a space cannot be written; it is how operators are declared.
	names = slices.DeleteFunc(names, func(name string) bool { return strings.Contains(name, " ") })
	slices.Sort(names)
	return slices.Compact(names)
}

// disabled tells whether a name is one of expr's functions that specs lack.
func (l *language) disabled(name string) bool {
	_, isVariable := l.env[name]
	return !isVariable && slices.Contains(disabledBuiltins, name)
}

// identifiers collects the names in an expression and those that its let
// clauses declare.
type identifiers struct {
	nodes    []*ast.IdentifierNode
	declared map[string]bool
}

func (v *identifiers) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		v.nodes = append(v.nodes, n)
	case *ast.VariableDeclaratorNode:
		if v.declared == nil {
			v.declared = map[string]bool{}
		}
		v.declared[n.Name] = true
	}
}

// addExpressionError reports an error of expr at the place in the text that it
// names.
func addExpressionError(problems *document.Problems, text document.Text, err error) {
	where, ok := errors.AsType[*file.Error](err)
	if !ok {
		problems.Add(text.Position, "", "%s", err)
		return
	}
	message := strings.TrimPrefix(where.Message, "compilation failed: ")
	message = strings.ReplaceAll(message, "spec.Column", "column")
	if strings.Contains(message, "maximum allowed nodes") {
		message = fmt.Sprintf("the expression has more than %d parts", maxExpressionNodes)
	}
	hint := ""
	if strings.Contains(message, "token EOF") {
		message, hint = "the expression ends too soon", "a blank and # begin a comment in YAML: quote the expression where it holds them"
	}
	problems.Add(text.At(byteOffset(text.Value, where.From)), cmp.Or(hint, callHint(message)), "%s", strings.TrimSpace(message))
}

// callHint is how a function over columns is called, for an error that ends in
// "to call slope" with its name.
func callHint(message string) string {
	_, name, _ := strings.Cut(strings.TrimSpace(message), "to call ")
	for _, s := range Signatures() {
		if s.Name == name {
			return s.Doc
		}
	}
	return ""
}

// byteOffset turns expr's position, which counts runes, into a byte offset.
func byteOffset(s string, runes int) int {
	at := 0
	for range runes {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// typeName names a type the way a spec's author knows it.
func typeName(t reflect.Type) string {
	if t == nil {
		return "nothing that is known before it runs"
	}
	if t == reflect.TypeFor[Column]() {
		return "a column"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "a bool"
	case reflect.Int, reflect.Int64:
		return "an int"
	case reflect.Float64:
		return "a float"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Map:
		return "a map"
	case reflect.Interface:
		return "a value whose type is not known before it runs"
	}
	return "a " + t.String()
}

// typeName names the type of the value. Where the branches of a condition have
// different ones it is both.
func (x *expression) typeName() string {
	if c, ok := x.program.Node().(*ast.ConditionalNode); ok && (x.typ == nil || x.typ.Kind() == reflect.Interface) {
		a, b := typeName(c.Exp1.Type()), typeName(c.Exp2.Type())
		if a != b {
			return a + " or " + b
		}
	}
	return typeName(x.typ)
}

// kindHint is the cure for a value of the wrong type; numeric where a number is
// right.
func (x *expression) kindHint(numeric bool) string {
	open := x.typ == nil || x.typ.Kind() == reflect.Interface
	switch _, conditional := x.program.Node().(*ast.ConditionalNode); {
	case open && conditional:
		return "give both branches of ? : the same type"
	case open && numeric:
		return "write float(...) around it"
	case open:
		return "write int(...), float(...) or string(...) around it"
	case x.typ == reflect.TypeFor[Column]() && numeric:
		return "make one number of it, as in max(...) or pick(\"column\", {param: value}); for_each judges each value of a parameter apart"
	}
	return ""
}

// at is the place of a part of the expression in the file.
func (x *expression) at(n ast.Node) document.Position {
	return x.text.At(byteOffset(x.text.Value, n.Location().From))
}

func nearestHint(name string, candidates []string) string {
	if near := document.Nearest(name, candidates); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// run evaluates the expression on a machine that the caller reuses.
func (x *expression) run(machine *vm.VM, env map[string]any) (any, error) {
	machine.MemoryBudget = uint(x.steps)
	x.limit.left.Store(int64(x.steps))
	v, err := machine.Run(x.program, env)
	if err == nil {
		return v, nil
	}
	where, ok := errors.AsType[*file.Error](err)
	switch {
	case !ok:
		return nil, err
	case where.Message == "memory budget exceeded" || errors.Is(err, errSteps):
		return nil, fmt.Errorf("it takes more than %d steps", x.steps)
	}
	return nil, errors.New(strings.TrimPrefix(where.Message, "runtime error: "))
}
