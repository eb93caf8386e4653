package document

// Text is a scalar of text that knows where it was written.
type Text struct {
	Value string
	Position
}

// String is the value.
func (t Text) String() string { return t.Value }

// At is the place of a byte offset in Value: inside quotes, behind escapes, on
// the right line of a block.
func (t Text) At(offset int) Position { return t.Position }

// Located is a value that knows where it was written; its position is not
// valid where the value is a default.
type Located[T any] struct {
	Value T
	Position
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
