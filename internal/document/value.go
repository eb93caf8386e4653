package document

import "fmt"

// Located is a value that knows where it was written; its position is not
// valid where the value is a default, or what is written could not be read.
type Located[T any] struct {
	Value T
	Position
}

// String is the value.
func (l Located[T]) String() string { return fmt.Sprint(l.Value) }

func (l *Located[T]) locate(at Position) any {
	l.Position = at
	return &l.Value
}

// Map is a map in the order of the document.
type Map[T any] []Entry[T]

// Entry is one key of a Map with its value.
type Entry[T any] struct {
	Key   Text
	Value T
}

// Get finds the value of a key.
func (m Map[T]) Get(key string) (value T, ok bool) {
	for _, e := range m {
		if e.Key.Value == key {
			return e.Value, true
		}
	}
	return value, false
}

func (m *Map[T]) add(key Text) any {
	*m = append(*m, Entry[T]{Key: key})
	return &(*m)[len(*m)-1].Value
}

func (m *Map[T]) clear() { *m = nil }

// located and ordered are the generic types above, seen by reflection: each
// hands out a pointer to the value to fill.
type (
	located interface{ locate(at Position) any }
	ordered interface {
		add(key Text) any
		clear()
	}
)
