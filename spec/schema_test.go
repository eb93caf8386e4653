package spec

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"
)

// validator compiles the schema of the test workloads with a validator that
// is not ours.
func validator(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(options().Workloads)
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

// instance is a YAML text as a validator wants it.
func instance(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
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

// everything is a spec that uses all of the language.
const everything = `version: 1
name: week07
title: Sequence length
question: How?
tags: [a, b-c]
workload: model
params:
  batch: 2
  label: {expr: "string(seq_len)"}
sweep:
  algorithm: [naive, flash]
  shape: {zip: {seq_len: {pow2: [128, 512]}, scale: [1, 2.5, 3]}}
  other: {cases: [{causal: true}, {causal: false}]}
where:
  - batch * seq_len <= 8192
  - scale > 0
include: [{algorithm: naive, seq_len: 9, scale: 1, causal: true}]
measure:
  warmup: 3
  samples: {min: 10, max: 600}
  until: {metric: latency_ms, stat: p50, relative_ci: 0.02}
  budget: 20s
  timeout: 1m30s
  order: shuffled
  isolate: point
  seed: 7
  retries: 2
  on_error: continue
metrics:
  tokens_per_s: batch * seq_len / (latency_ms / 1e3)
summary:
  latency_ms: [mean, p50, p99, cv, skewness, sum]
claims:
  - name: c
    where: [algorithm == "naive", n_ok > 3]
    for_each: [algorithm]
    value: exponent(seq_len, latency_ms_p50)
    expect: value > 1.7
plots:
  - {x: seq_len, y: latency_ms_p50, color: algorithm, log: [x, y], fit: power, band: ci, facet: causal, title: t}
  - {kind: stacked, x: seq_len, y: [latency_ms_p50, cpu_ms_mean], where: scale > 1}
  - {kind: histogram, x: latency_ms, bins: 30, reference: [{x: 5, label: SLO}]}
`

func TestSchemaAccepts(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	valid := map[string]string{
		"everything": everything,
		"extends":    "extends: base.yaml\nparams: {anything: 1}\n",
		"worker":     "version: 1\nname: t\nworkload: mine\nworker: [x]\nparams: {anything: 1}\nsweep: {any: [1]}\n",
		"free": `version: 1
name: t
workload: program
params: {command: x, a: 1, b: {expr: a + 1}}
sweep: {isl: [1, 2], k: {pow2: [1, 4]}, z: {zip: {q: [a], r: {expr: "[1]"}}}, c: {cases: [{u: 1}]}}
include: [{isl: 1, k: 3, q: b, r: 1, u: 2}]
extract: {x_per_s: {regex: "(a)"}, y: {json: a.b}}
`,
	}
	for name, text := range valid {
		if err := schema.Validate(instance(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "everything" || name == "free" {
			parse(t, text)
		}
	}
}

// TestSchemaRejects holds that an editor marks what the reader refuses.
func TestSchemaRejects(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	tests := []string{
		"version: 2\nname: t\nworkload: model\n",
		"name: t\nworkload: model\n",
		"version: 1\nworkload: model\n",
		"version: 1\nname: t\n",
		"version: 1\nname: T\nworkload: model\n",
		"version: 1\nname: t\nworkload: modell\n",
		head + "titel: x\n",
		head + "params: {batc: 1}\n",
		head + "params: {batch: 0}\n",
		head + "params: {batch: 1.5}\n",
		head + "params: {batch: '1'}\n",
		head + "params: {batch: {exp: '1'}}\n",
		head + "params: {batch: [1]}\n",
		head + "params: {algorithm: flush}\n",
		head + "params: {causal: 'no'}\n",
		head + "params: {label: 5}\n",
		head + "sweep: {seq_len: 5}\n",
		head + "sweep: {seq_len: []}\n",
		head + "sweep: {seq_len: [0]}\n",
		head + "sweep: {seq_lenn: [1]}\n",
		head + "sweep: {seq_len: {pow2: [1]}}\n",
		head + "sweep: {seq_len: {pow3: [1, 2]}}\n",
		head + "sweep: {seq_len: {pow2: [1, 2], range: [1, 2, 3]}}\n",
		head + "sweep: {seq_len: {linspace: [1, 2, x]}}\n",
		head + "sweep: {algorithm: {pow2: [1, 2]}}\n",
		head + "sweep: {shape: {zip: {seq_lenn: [1]}}}\n",
		head + "sweep: {shape: {cases: [{seq_len: x}]}}\n",
		head + "sweep: {shape: {case: [{seq_len: 1}]}}\n",
		head + "include: [{seq_lenn: 1}]\n",
		head + "include: {seq_len: 1}\n",
		head + "where: 5\n",
		head + "extract: {a: {json: b}}\n",
		head + "measure: {samples: 0}\n",
		head + "measure: {samples: {min: 1}}\n",
		head + "measure: {samples: many}\n",
		head + "measure: {budget: 20}\n",
		head + "measure: {budget: 20 s}\n",
		head + "measure: {order: random}\n",
		head + "measure: {until: {metric: latency_ms}}\n",
		head + "measure: {samples: {min: 5, max: 500}, until: {metric: latency_ms, stat: max, relative_ci: 0.1}}\n",
		head + "measure: {samples: {min: 5, max: 500}, until: {metric: latency_ms, stat: p0, relative_ci: 0.1}}\n",
		head + "summary: {latency_ms: [men]}\n",
		head + "summary: {latency_ms: [p100]}\n",
		head + "summary: {latency_ms: mean}\n",
		head + "metrics: {a: 1}\n",
		head + "claims: [{name: a}]\n",
		head + "plots: [{kind: pie}]\n",
		head + "plots: [{x: seq_len, y: latency_ms_p50, log: [z]}]\n",
	}
	for _, text := range tests {
		if schema.Validate(instance(t, text)) == nil {
			t.Errorf("the schema accepts\n%s", text)
		}
		if _, err := Parse(t.Context(), "t.yaml", []byte(text), options()); err == nil {
			t.Errorf("the reader accepts\n%s", text)
		}
	}
}

// TestSchemaAgrees holds that the schema accepts whatever the reader accepts.
func TestSchemaAgrees(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	paths, err := filepath.Glob("testdata/problems/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := string(archive.Files[0].Data)
		if len(archive.Files) != 2 || len(archive.Comment) > 0 {
			continue
		}
		if !strings.HasPrefix(text, "version") {
			text = head + text
		}
		if _, err := Parse(t.Context(), "t.yaml", []byte(text), options()); err != nil {
			continue
		}
		n++
		if err := schema.Validate(instance(t, text)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if n < 5 {
		t.Errorf("only %d valid specs", n)
	}
}

// TestSchemaDocumented holds that an editor has something to say about every
// key of the language.
func TestSchemaDocumented(t *testing.T) {
	t.Parallel()
	text, err := Schema(options().Workloads)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		s, _ := v.(map[string]any)
		for key, child := range s {
			if key != "properties" || strings.HasPrefix(path, "/allOf") || strings.Count(path, "/") == 2 && strings.HasPrefix(path, "/definitions") {
				walk(path+"/"+key, child)
				continue
			}
			for name, p := range child.(map[string]any) {
				if property, _ := p.(map[string]any); property["description"] == nil && property["$ref"] == nil {
					t.Errorf("%s/%s has no description", path, name)
				}
				walk(path+"/"+name, p)
			}
		}
	}
	walk("", root)
}
