package kernels

// Set is the routines of one instruction set, by family. A Set is immutable.
type Set struct {
	name string
	productRoutines
	vectorRoutines
	halfRoutines
	gemvRoutines
}

// Name says which instruction set it is: portable, avx2 or avx512.
func (s *Set) Name() string { return s.name }

// Best is the fastest set that this machine runs.
func Best() *Set {
	sets := Supported()
	return sets[len(sets)-1]
}

// Supported are the sets that this machine runs, the portable one first, the
// fastest last.
func Supported() []*Set { return append([]*Set{Portable()}, vectorSets()...) }

// Portable is the set in plain Go, the same on every machine up to rounding.
func Portable() *Set {
	return &Set{
		name:            "portable",
		productRoutines: portableProducts(), vectorRoutines: portableVectors(),
		halfRoutines: portableHalves(), gemvRoutines: portableGemv(),
	}
}
