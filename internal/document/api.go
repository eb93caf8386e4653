package document

// Decoder is implemented by a pointer to a type that decodes itself: a number
// or a map, a string or a list. It reports what is wrong to p.
type Decoder interface{ DecodeNode(n Node, p *Problems) }

// Describer is implemented by a type that implements Decoder: the schema of
// what DecodeNode accepts.
type Describer interface{ JSONSchema() *Schema }

// Parse makes a tree of one YAML document, a map. The tree is nil only where
// the text could not be read as YAML at all; otherwise it may be decoded, to
// find the problems that remain.
func Parse(name string, src []byte) (*Tree, Problems) { return nil, nil }

// Decode fills dst, a pointer to a struct, and reports every problem.
func (t *Tree) Decode(dst any) Problems { return nil }

// Merge makes t extend base: maps are merged deeply, lists and scalars of t
// replace those of base. At a path that matches one of whole, where * stands for any
// key ("sweep.*"), a map of t replaces that of base too.
func (t *Tree) Merge(base *Tree, whole ...string) {}

// Set changes the value at a path such as "measure.samples" or "plots.0.x" to
// a YAML value, and creates maps on the way. Problems with the value are found
// at File "--set path".
func (t *Tree) Set(path string, value string) error { return nil }

// SetFrom is Set with another name for the origin than "--set".
func (t *Tree) SetFrom(origin, path, value string) error { return nil }

// Delete removes a key, and tells whether it was there.
func (t *Tree) Delete(path ...string) bool { return false }

// Encode writes the tree as YAML, comments kept.
func (t *Tree) Encode() ([]byte, error) { return nil, nil }

// Nearest is the candidate that was probably meant by name, "" if none is near.
func Nearest(name string, candidates []string) string { return "" }
