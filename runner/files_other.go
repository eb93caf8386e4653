//go:build !unix

package runner

// childrenByFiles is how many children may be open at once by the limit of open
// files, of which there is none here.
func childrenByFiles() int { return maxChildren }
