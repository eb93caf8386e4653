// Package document reads one YAML document strictly into Go structs, reports
// every problem at once with file, line and column, and describes the same
// structs as JSON Schema. It knows nothing of what the documents are about.
//
// The way of the data:
//
//  1. [Read] takes a bounded number of bytes: no file can exhaust memory.
//  2. [Parse] makes a [Tree] of them. Here the traps of YAML end: duplicate
//     keys, alias bombs, tags, octal numbers, timestamps, values without a
//     value. Aliases and merge keys are expanded, so that nobody downstream
//     meets one.
//  3. [Tree.Merge], [Tree.Set] and [Tree.Delete] change the tree; each node
//     still knows the file and the line that it was written on.
//  4. [Tree.Decode] fills Go values by the tags of their fields, and
//     [SchemaOf] turns the same tags into JSON Schema, so that an editor and
//     the program cannot disagree.
//  5. [Tree.Encode] writes the tree as YAML again, comments kept.
//
// The tags of a struct field:
//
//	yaml:"name"        the key; a field without this tag is not decoded
//	required:"true"    the key must be there
//	default:"10"       a YAML value, decoded where the key is missing
//	min:"1" max:"9"    bounds of a number or a duration, both inclusive
//	enum:"a,b"         the texts allowed
//	pattern:"^[a-z]+$" what a text, or each key of a [Map], must match
//	doc:"..."          the description in the schema
//	example:"[1, 2]"   a YAML value, shown in the schema
//
// On a field that is a list, the bounds, enum and pattern hold for each item.
// Fields may be strings, bools, ints, floats, durations ("20s"), lists,
// structs, pointers to those (nil where the key is missing), [Map], [Text],
// [Located], [Node], any (a scalar), or types that implement [Decoder] and
// [Describer]. A struct that embeds [Position] learns where it was written.
package document
