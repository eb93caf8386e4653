package exec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"runx/workloads"
)

// An extractor finds one metric in the output of the program.
type extractor struct {
	metric string
	regex  *regexp.Regexp // nil: path is used
	path   []string
}

func newExtractor(e workloads.Extract) (extractor, error) {
	x := extractor{metric: e.Metric}
	switch {
	case (e.Regex == "") == (e.JSON == ""):
		return x, errors.New("it needs either regex or json")
	case e.JSON != "":
		x.path = strings.Split(e.JSON, ".")
		return x, nil
	}
	var err error
	if x.regex, err = regexp.Compile(e.Regex); err != nil {
		return x, err
	}
	if x.regex.NumSubexp() < 1 {
		return x, fmt.Errorf("the regex %q has no group: put parentheses around the number", e.Regex)
	}
	return x, nil
}

func (x *extractor) find(stdout, stderr *capture) (float64, error) {
	if x.regex == nil {
		return x.findJSON(stdout)
	}
	for _, output := range []*capture{stdout, stderr} {
		if match := x.regex.FindSubmatch(output.bytes()); match != nil {
			return parseNumber(string(match[1]))
		}
	}
	return 0, fmt.Errorf("the regex %q does not match in %s of stdout and %s of stderr",
		x.regex, stdout.describe(), stderr.describe())
}

func (x *extractor) findJSON(stdout *capture) (float64, error) {
	document, err := lastJSON(stdout.bytes())
	if err != nil {
		return 0, fmt.Errorf("%w in %s of stdout", err, stdout.describe())
	}
	for depth, name := range x.path {
		next, ok := child(document, name)
		if !ok {
			return 0, fmt.Errorf("the JSON has no %s", strings.Join(x.path[:depth+1], "."))
		}
		document = next
	}
	switch v := document.(type) {
	case float64:
		return v, nil
	case string:
		return parseNumber(v)
	}
	return 0, fmt.Errorf("%s is not a number in the JSON", strings.Join(x.path, "."))
}

// child is the member or the element of that name; a negative index counts from
// the end.
func child(document any, name string) (any, bool) {
	switch d := document.(type) {
	case map[string]any:
		v, ok := d[name]
		return v, ok
	case []any:
		i, err := strconv.Atoi(name)
		if i < 0 {
			i += len(d)
		}
		if err != nil || i < 0 || i >= len(d) {
			return nil, false
		}
		return d[i], true
	}
	return nil, false
}

// lastJSON is the whole text as JSON, or else the last line that is an object
// or an array.
func lastJSON(text []byte) (any, error) {
	var document any
	if json.Unmarshal(text, &document) == nil {
		return document, nil
	}
	for len(text) > 0 {
		text = bytes.TrimRight(text, "\r\n")
		start := bytes.LastIndexByte(text, '\n') + 1
		line := bytes.TrimSpace(text[start:])
		isComposite := len(line) > 0 && (line[0] == '{' || line[0] == '[')
		if isComposite && json.Unmarshal(line, &document) == nil {
			return document, nil
		}
		text = text[:start]
	}
	return nil, errors.New("there is no JSON")
}

func parseNumber(text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return v, nil
}
