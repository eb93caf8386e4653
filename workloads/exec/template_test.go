package exec

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/workloads"
)

var some = workloads.Values{
	"command": "x", "shell": false,
	"isl": 128, "rate": 0.5, "model": "my model's \"best\".gguf", "warm": true, "empty": "",
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	for template, want := range map[string][]string{
		`bench -p {isl} -n {isl}{isl}`:  {"bench", "-p", "128", "-n", "128128"},
		"  a\t b \n c ":                 {"a", "b", "c"},
		`a --m={model}`:                 {"a", `--m=my model's "best".gguf`},
		`a {model} "{model}" '{isl} x'`: {"a", `my model's "best".gguf`, `my model's "best".gguf`, "128 x"},
		`a '' "" {empty} b`:             {"a", "", "", "", "b"},
		`a '\x "y"' "\x \" \\ 'z'"`:     {"a", `\x "y"`, `\x " \ 'z'`},
		`a\ b c\'d \{{isl}`:             {"a b", "c'd", "{128"},
		`a {{"x": {rate}}} {{}}`:        {"a", "{x:", "0.5}", "{}"},
		`a '{{"x": {warm}}}'`:           {"a", `{"x": true}`},
		`größe {isl}`:                   {"größe", "128"},
	} {
		got, err := arguments(template, some)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", template, got, err, want)
		}
	}
}

func TestTemplatesThatAreWrong(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"":            "it is empty",
		" \t":         "it is empty",
		"'' a":        "the name of the program is empty",
		"a 'b":        "a ' is not closed",
		`a "b`:        `a " is not closed`,
		`a \`:         `there is nothing after the last \`,
		"a {ils}":     "{ils} is not a parameter of the spec (there are: empty, isl, model, rate, warm)",
		"a {command}": "{command} is not a parameter of the spec",
		"a {isl":      "a { does not begin the name of a parameter",
		"a { isl }":   "a { does not begin the name of a parameter",
		"a isl}":      "a } has no { before it",
	} {
		if got, err := arguments(template, some); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want %q", template, got, err, want)
		}
	}
}

// Whatever the values are, each placeholder that stands alone is one argument.
func TestValuesNeverSplit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.String().Draw(t, "value")
		got, err := arguments("p {v} '{v}' x{v}", workloads.Values{"v": v})
		if want := []string{"p", v, v, "x" + v}; err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	})
}

// A shell gives each value back as it is.
func TestShellValuesNeverSplit(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"128", "a b", "it's", "$HOME", "`id`", "*", "a\nb", "", "'; echo no; '", `\`} {
		argv, err := shellCommand(`printf '%s|' {v} x{v}`, workloads.Values{"v": v})
		if err != nil {
			t.Fatal(err)
		}
		got, err := exec.Command(argv[0], argv[1:]...).Output()
		if want := v + "|x" + v + "|"; err != nil || string(got) != want {
			t.Errorf("%q: %q, %v; want %q", v, got, err, want)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, template := range []string{`a {isl} '{model}' "\"x"`, `{{ }} \{`, `'`, `{`, `"{isl}`, "\xff{isl}"} {
		f.Add(template)
	}
	f.Fuzz(func(t *testing.T, template string) {
		argv, err := arguments(template, some)
		if (err == nil) == (len(argv) == 0) {
			t.Errorf("%q gives %q and %v", template, argv, err)
		}
		_, _ = shellCommand(template, some) // does not panic
	})
}
