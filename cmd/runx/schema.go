package main

import (
	"github.com/spf13/cobra"

	"runx/spec"
	"runx/workloads/suite"
)

func newSchema(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "the JSON Schema of a spec, for editors",
		Long: `Writes the JSON Schema of the spec language with the built-in workloads: an editor that
reads it completes and checks a spec while it is written. schema.json is its output.`,
		Example: `  runx schema > schema.json
  # then, as the first line of a spec:
  # yaml-language-server: $schema=../schema.json`,
		Args: exactly(0),
		RunE: func(*cobra.Command, []string) error {
			schema, err := spec.Schema(suite.All())
			if err != nil {
				return err
			}
			_, err = t.out.Write(schema)
			return err
		},
	}
}
