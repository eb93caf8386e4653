package sim

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Events come out by time, and by their scheduling where the times are equal,
// however pushes and pops alternate.
func TestHeapOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var h Heap
		var model []Event
		for n := range rapid.IntRange(1, 300).Draw(t, "steps") {
			if len(model) > 0 && rapid.IntRange(0, 2).Draw(t, "pop") == 0 {
				first := 0
				for m := range model { // the first of the earliest
					if model[m].At < model[first].At {
						first = m
					}
				}
				if at, ok := h.Next(); !ok || at != model[first].At {
					t.Fatalf("next at %v, %v; want %v", at, ok, model[first].At)
				}
				if got := h.Pop(); got.At != model[first].At || got.Subject != model[first].Subject {
					t.Fatalf("popped %+v, want %+v", got, model[first])
				}
				model = slices.Delete(model, first, first+1)
				continue
			}
			at := time.Duration(rapid.IntRange(0, 20).Draw(t, "at"))
			h.Push(at, 0, uint32(n))
			model = append(model, Event{At: at, Subject: uint32(n)})
		}
		if h.Len() != len(model) {
			t.Fatalf("%d events, want %d", h.Len(), len(model))
		}
	})
	var empty Heap
	if _, ok := empty.Next(); ok {
		t.Error("an empty heap has a next event")
	}
}
