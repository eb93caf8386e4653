package safetensors

import "fmt"

// DType is the type of a tensor's elements. Its values are in the order of
// their alignment, as the reference implementation has them.
type DType uint8

// The dtypes of the format. Those of four and six bits are packed without gaps.
const (
	Bool DType = iota
	F4
	F6E2M3
	F6E3M2
	U8
	I8
	F8E5M2
	F8E4M3
	F8E8M0
	F8E4M3FNUZ
	F8E5M2FNUZ
	I16
	U16
	F16
	BF16
	I32
	U32
	F32
	C64
	F64
	I64
	U64
)

var dtypes = [...]struct {
	name string
	bits int
}{
	{"BOOL", 8}, {"F4", 4}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8}, {"I8", 8}, {"F8_E5M2", 8}, {"F8_E4M3", 8},
	{"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16}, {"U16", 16}, {"F16", 16}, {"BF16", 16},
	{"I32", 32}, {"U32", 32}, {"F32", 32}, {"C64", 64}, {"F64", 64}, {"I64", 64}, {"U64", 64},
}

// String is the name of the dtype in a header: "F32", "BF16".
func (t DType) String() string {
	if int(t) >= len(dtypes) {
		return fmt.Sprintf("dtype(%d)", uint8(t))
	}
	return dtypes[t].name
}

func parseDType(name string) (DType, error) {
	for i, t := range dtypes {
		if t.name == name {
			return DType(i), nil
		}
	}
	return 0, fmt.Errorf("dtype %q is unknown", name)
}
