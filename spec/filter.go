package spec

import (
	"fmt"
	"math"
	"slices"

	"github.com/expr-lang/expr/vm"
)

// A Filter says which rows of a table count: those for which all of its
// conditions hold. The zero value keeps every row. It is for one goroutine.
type Filter struct {
	conditions []*expression
	columns    []string
	machine    vm.VM
	env        map[string]any
}

// Columns are the columns that the conditions name, sorted.
func (f *Filter) Columns() []string {
	var names []string
	for _, x := range f.conditions {
		names = append(names, x.uses...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Keep tells whether a row counts. value gives the row's value of a column: an
// int, a float64, a string or a bool. A row without a number that the
// conditions ask for (NaN) does not count.
func (f *Filter) Keep(value func(column string) any) (bool, error) {
	if len(f.conditions) == 0 {
		return true, nil
	}
	if f.env == nil {
		f.env, f.columns = map[string]any{}, f.Columns()
	}
	for _, name := range f.columns {
		v := value(name)
		if number, ok := v.(float64); ok && math.IsNaN(number) {
			return false, nil
		}
		f.env[name] = v
	}
	for _, x := range f.conditions {
		v, err := x.run(&f.machine, f.env)
		if err != nil {
			return false, fmt.Errorf("where %s: %w", x.text.Value, err)
		}
		if v != true {
			return false, nil
		}
	}
	return true, nil
}
