package workloads

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Values are the parameters of one point by name. A value is an int, a
// float64, a string or a bool.
type Values map[string]any

// Decode stores the values in the fields of the struct that dst points to: the
// field tagged `param:"seq_len"` gets the parameter seq_len. A field whose
// parameter is missing or has another type is an error, so that a workload and
// its declaration cannot drift apart unnoticed.
func (v Values) Decode(dst any) error {
	p := reflect.ValueOf(dst)
	if p.Kind() != reflect.Pointer || p.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("decode parameters: want a pointer to a struct, got %T", dst)
	}
	s := p.Elem()
	for i := range s.NumField() {
		name, ok := s.Type().Field(i).Tag.Lookup("param")
		if !ok {
			continue
		}
		value, ok := v[name]
		if !ok {
			return fmt.Errorf("decode parameters: %q is not among %s", name, strings.Join(slices.Sorted(maps.Keys(v)), ", "))
		}
		field := s.Field(i)
		if rv := reflect.ValueOf(value); rv.Kind() == field.Kind() {
			field.Set(rv.Convert(field.Type()))
			continue
		}
		return fmt.Errorf("decode parameters: %q has the type %T, its field %s", name, value, field.Type())
	}
	return nil
}

// FormatValue renders one value the way messages, commands and canonical forms
// write it: the shortest text that reads back as the same value.
func FormatValue(v any) string {
	switch x := v.(type) {
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case string:
		return x
	}
	return fmt.Sprint(v)
}
