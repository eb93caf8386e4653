package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

func compileSchema(t *testing.T, s *Schema) *jsonschema.Schema {
	t.Helper()
	s.Schema = "http://json-schema.org/draft-07/schema#"
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:schema", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("mem:schema")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// validate checks a document as an editor does.
func validate(t interface{ Fatal(...any) }, schema *jsonschema.Schema, tree *Tree) error {
	text, err := marshal(plain(tree.root()))
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(instance)
}

// TestSchemaAgreesWithDecode: an independent validator takes what Decode takes,
// and nothing else. Left out is what a schema cannot say: the bounds of a
// duration.
func TestSchemaAgreesWithDecode(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t, SchemaOf[sample]())
	values := []string{"1", "-1", "50", "101", "128", "0.5", "1e1", "1.5", "true", "x", "X", "cpu", "shuffled", "20s", "1h", "20", "'5'", "''",
		"[]", "[cpu]", "[cpu, x]", "[1]", "[[]]", "{}", "{a: 1}", "{a: x, b: true}", "{A: 1}", "{a: {b: c}}", "{a: [1]}", "{min: 1, max: 2}", "{min: 0, max: 2}", "{min: 1}",
		"[{}]", "[{order: shuffled}]", "[{order: x}]", "[{seed: 1}, {seed: -1}]", "{order: interleaved, budget: 5s}", "{budget: -5s}", "{relative: 2}", "{samples: 3}", "{samples: {min: 2, max: 3}}", "{samples: x}", "{zzz: 1}"}
	keys := []string{"title", "name", "warmup", "small", "quick", "tags", "params", "nested", "measure", "until", "plots", "raw", "zzz"}
	taken, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		src := ""
		if rapid.Bool().Draw(t, "named") {
			src = "name: x\n"
		}
		for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 1, 2, rapid.ID).Draw(t, "keys") {
			if !strings.Contains(src, key+":") {
				src += fmt.Sprintf("%s: %s\n", key, rapid.SampledFrom(values).Draw(t, key))
			}
		}
		tree, _, problems := decodeSample(src)
		err := validate(t, schema, tree)
		if (err == nil) != (len(problems) == 0) {
			t.Fatalf("%s\nthe decoder says %v\nthe validator says %v", src, problems, err)
		}
		if err == nil {
			taken++
		} else {
			refused++
		}
	})
	if taken < 5 || refused < 5 {
		t.Errorf("%d taken and %d refused show nothing", taken, refused)
	}
}

func TestSchemaTakesEverything(t *testing.T) {
	t.Parallel()
	if err := validate(t, compileSchema(t, SchemaOf[sample]()), parsed(t, "f", everything)); err != nil {
		t.Error(err)
	}
}

func TestSchemaOf(t *testing.T) {
	t.Parallel()
	text, err := json.MarshalIndent(SchemaOf[struct {
		A Text              `yaml:"b" required:"true" doc:"A < b." example:"[1, {x: y}]" pattern:"^x"`
		M Map[Located[int]] `yaml:"a" pattern:"^[a-z]$" min:"7"`
		L []mode            `yaml:"l" enum:"p,q" default:"[p]"`
		U uint8             `yaml:"u" max:"9" default:"3"`
		F *float64          `yaml:"f" min:"0.5"`
		X any               `yaml:"x"`
	}](), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "type": "object",
 "properties": {
  "b": {
   "description": "A < b.",
   "type": "string",
   "examples": [
    [
     1,
     {
      "x": "y"
     }
    ]
   ],
   "pattern": "^x"
  },
  "a": {
   "type": "object",
   "propertyNames": {
    "pattern": "^[a-z]$"
   },
   "additionalProperties": {
    "type": "integer"
   }
  },
  "l": {
   "type": "array",
   "default": [
    "p"
   ],
   "items": {
    "type": "string",
    "enum": [
     "p",
     "q"
    ]
   }
  },
  "u": {
   "type": "integer",
   "default": 3,
   "minimum": 0,
   "maximum": 9
  },
  "f": {
   "type": "number",
   "minimum": 0.5
  },
  "x": {
   "anyOf": [
    {
     "type": "string"
    },
    {
     "type": "number"
    },
    {
     "type": "boolean"
    }
   ]
  }
 },
 "additionalProperties": false,
 "required": [
  "b"
 ]
}`
	if got := strings.ReplaceAll(string(text), `\u003c`, "<"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSchemaOfUnknownType: a validator refuses the schema, so nobody ships it.
func TestSchemaOfUnknownType(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(SchemaOf[struct {
		A chan int `yaml:"a"`
	}]())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:schema", doc); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Compile("mem:schema"); err == nil {
		t.Error("the schema of a channel compiles")
	}
}
