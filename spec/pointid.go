package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"runx/workloads"
)

// pointID identifies a point across specs and runs: the first 16 hexadecimal
// digits of the SHA-256 of its canonical form. That is the workload's name on
// a line, then a line per parameter in the order of their names:
//
//	attention
//	algorithm=string:"naive"
//	batch=int:1
//	causal=bool:false
//	scale=float:0.5
//
// Each line ends in a newline. A float is the shortest decimal that reads back
// as the same number, in exponent form (1e+06, 1e-05) where the exponent is
// below -4 or above 5; zero has no sign. A string is quoted as Go quotes it. The
// type is that of the parameter: 1 is int:1 where it is an int and float:1
// where it is a float. The names of the parameters come sorted.
func pointID(workload string, names []string, params workloads.Values) string {
	form := make([]byte, 0, 512)
	form = append(form, workload...)
	form = append(form, '\n')
	for _, name := range names {
		form = append(form, name...)
		form = append(form, '=')
		form = appendCanonical(form, params[name])
		form = append(form, '\n')
	}
	sum := sha256.Sum256(form)
	var id [16]byte
	hex.Encode(id[:], sum[:8])
	return string(id[:])
}

func appendCanonical(b []byte, v any) []byte {
	switch x := v.(type) {
	case int:
		return strconv.AppendInt(append(b, "int:"...), int64(x), 10)
	case float64:
		if x == 0 {
			x = 0 // and not -0
		}
		return strconv.AppendFloat(append(b, "float:"...), x, 'g', -1, 64)
	case bool:
		return strconv.AppendBool(append(b, "bool:"...), x)
	case string:
		return strconv.AppendQuote(append(b, "string:"...), x)
	}
	// A Values holds nothing else; what breaks that must not collide.
	return append(b, "unknown:"...)
}
