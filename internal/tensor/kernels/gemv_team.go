package kernels

import "unsafe"

// gemvCalls are the calls of a Team that can be used again.
type gemvCalls struct {
	float32 FreeList[gemvCall[float32]]
	half    FreeList[gemvCall[uint16]]
}

func runGemv[E float32 | uint16](t *Team, calls *FreeList[gemvCall[E]], g gemvCall[E]) error {
	if g.rows == 0 {
		return nil
	}
	g.partRows = g.rowsPerPart(t.Threads())
	call := calls.Take()
	defer calls.Give(call)
	*call = g
	return t.Run(Step{call, (g.rows + g.partRows - 1) / g.partRows})
}

// rowsPerPart gives every thread some parts, each worth the hand-over: what is
// smaller is one part. A part begins at a multiple of partAlign, so that rows are
// grouped alike and two threads do not write to the same cache line.
func (g *gemvCall[E]) rowsPerPart(threads int) int {
	const (
		partsPerThread = 2
		leastBytes     = 64 << 10
		partAlign      = 8 * gemvLines // and of the 16 float32 of a cache line
	)
	var element E
	parts := 1
	if threads > 1 {
		size := g.rows * g.cols * int(unsafe.Sizeof(element))
		parts = min(partsPerThread*threads, max(1, size/leastBytes))
	}
	return roundUp((g.rows+parts-1)/parts, partAlign)
}
