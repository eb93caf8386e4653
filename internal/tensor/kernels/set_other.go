//go:build !amd64

package kernels

// vectorSets is empty: only amd64 has kernels in assembly.
func vectorSets() []*Set { return nil }
