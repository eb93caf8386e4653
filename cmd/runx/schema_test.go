package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"runx/spec"
	"runx/workloads/suite"
)

const schemaFile = "../../schema.json"

// TestSchemaIsCurrent holds schema.json to the code. "go run ./cmd/runx schema
// > schema.json" brings it up to date.
func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := spec.Schema(suite.All())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("schema.json is stale: run go run ./cmd/runx schema > schema.json")
	}
}

// TestSpecsMatchSchema validates every spec of specs with a validator that is
// not ours, against the file that editors read.
func TestSpecsMatchSchema(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t)
	paths, err := filepath.Glob("../../specs/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no specs: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(asJSON(t, text)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if !strings.HasPrefix(string(text), "# yaml-language-server: $schema=../schema.json\n") {
			t.Errorf("%s: the first line does not name the schema", path)
		}
	}
}

// TestSchemaRejects holds that an editor marks the mistakes that people make
// with the built-in workloads.
func TestSchemaRejects(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t)
	const head = "version: 1\nname: t\nworkload: attention\n"
	if err := schema.Validate(asJSON(t, []byte(head+"sweep: {seq_len: {pow2: [128, 512]}}\n"))); err != nil {
		t.Fatalf("a good spec is refused: %v", err)
	}
	for _, bad := range []string{
		"version: 1\nname: t\nworkload: atention\n",
		"version: 1\nname: t\nworkload: spin\nparams: {seq_len: 128}\n",
		"version: 1\nname: t\nworkload: noop\nparams: {a: 1}\n",
		"version: 1\nname: t\nworkload: sleep\nsweep: {duration_ms: [long]}\n",
		"version: 1\nname: t\nworkload: exec\nparams: {command: 5}\n",
		"version: 1\nname: t\nworkload: exec\nparams: {command: x}\nextract: {a: {regexp: x}}\n",
		head + "params: {seq_length: 128}\n",
		head + "params: {algorithm: fast}\n",
		head + "params: {causal: 'yes'}\n",
		head + "sweep: {seq_len: [0]}\n",
		head + "sweep: {seq_len: 128}\n",
		head + "extract: {a: {json: b}}\n",
		head + "measure: {sample: 3}\n",
	} {
		if schema.Validate(asJSON(t, []byte(bad))) == nil {
			t.Errorf("the schema accepts\n%s", bad)
		}
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON is a YAML text as the validator wants it.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	j, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(j))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
