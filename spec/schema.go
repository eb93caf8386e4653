package spec

import "runx/workloads"

// Schema returns the JSON Schema (draft-07) of a spec, for editors.
func Schema(ws []workloads.Workload) ([]byte, error) { return nil, nil }
