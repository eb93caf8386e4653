package results

import (
	"encoding/json"
	"fmt"
)

// The keys of the file metadata that every table has.
const (
	metaFormat     = "runx.format"
	metaRunID      = "runx.run_id"
	metaSpec       = "runx.spec" // the text of spec.yaml
	metaSpecSHA256 = "runx.spec_sha256"
	metaColumns    = "runx.columns" // JSON: an array of Column
)

func encodeColumns(cols []Column) (string, error) {
	text, err := json.Marshal(cols)
	if err != nil {
		return "", fmt.Errorf("encode the description of the columns: %w", err)
	}
	return string(text), nil
}

func decodeColumns(text string) ([]Column, error) {
	var cols []Column
	if err := json.Unmarshal([]byte(text), &cols); err != nil {
		return nil, fmt.Errorf("decode the description of the columns: %w", err)
	}
	return cols, nil
}
