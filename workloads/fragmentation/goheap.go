package fragmentation

import (
	"runtime"
	"runtime/metrics"
	"unsafe"
)

// A goHeap is the heap of this process. What is freed is forgotten, and the
// collector finds it.
type goHeap struct {
	objects  [][]byte // by handle; nil is not live, and 0 is no handle
	spare    []handle
	allotted int64
	held     []metrics.Sample
}

func newGoHeap() *goHeap {
	return &goHeap{held: []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}}
}

// reset collects what earlier lives have left, so that it is not collected in
// the next one.
func (g *goHeap) reset() {
	clear(g.objects)
	g.objects, g.spare, g.allotted = append(g.objects[:0], nil), g.spare[:0], 0
	runtime.GC()
}

func (g *goHeap) alloc(size int64) handle {
	// What append makes has all of its size class as capacity.
	object := append([]byte(nil), make([]byte, max(size, 1))...)
	g.allotted += int64(cap(object))
	if last := len(g.spare) - 1; last >= 0 {
		h := g.spare[last]
		g.spare = g.spare[:last]
		g.objects[h] = object
		return h
	}
	g.objects = append(g.objects, object)
	return handle(len(g.objects) - 1)
}

func (g *goHeap) free(h handle) error {
	if h <= 0 || int(h) >= len(g.objects) || g.objects[h] == nil {
		return errNotLive
	}
	g.allotted -= int64(cap(g.objects[h]))
	g.objects[h] = nil
	g.spare = append(g.spare, h)
	return nil
}

func (g *goHeap) extent(h handle) (start, size int64) {
	object := g.objects[h]
	return int64(uintptr(unsafe.Pointer(unsafe.SliceData(object)))), int64(cap(object))
}

func (g *goHeap) searched() int64 { return 0 }

func (g *goHeap) stats() stats {
	s := stats{allotted: g.allotted}
	metrics.Read(g.held)
	for _, m := range g.held {
		s.held += int64(m.Value.Uint64())
	}
	return s
}
