package spec

import (
	"context"
	"errors"

	"runx/workloads"
)

type space struct{}

// Load reads the spec at path. The error is [document.Problems] for anything
// wrong in the text.
func Load(ctx context.Context, path string, opts Options) (*Spec, error) {
	return nil, errors.New("not yet")
}

// Parse reads a spec from memory. name stands in positions, and files that it
// extends are looked for in its folder.
func Parse(ctx context.Context, name string, src []byte, opts Options) (*Spec, error) {
	return nil, errors.New("not yet")
}

// Schema returns the JSON Schema (draft-07) of a spec, for editors.
func Schema(ws []workloads.Workload) ([]byte, error) { return nil, errors.New("not yet") }
