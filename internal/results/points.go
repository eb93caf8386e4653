package results

import (
	"cmp"
	"fmt"
	"slices"

	"runx/workloads"
)

// pointStore holds the points of a run column by column, so that a million of
// them fit. A slot is the place of a point in the order of definition.
type pointStore struct {
	slots  map[int64]int32 // by index
	index  []int64
	ids    []string
	params []paramStore
}

// paramStore is one parameter of every slot; one of the slices is in use.
type paramStore struct {
	name   string
	kind   workloads.Kind
	ints   []int64
	floats []float64
	texts  []string
	bools  []bool
}

func newPointStore(cols []ParamColumn) *pointStore {
	s := &pointStore{slots: map[int64]int32{}}
	for _, c := range cols {
		s.params = append(s.params, paramStore{name: c.Name, kind: c.Kind})
	}
	return s
}

func (s *pointStore) add(p *PointRecord) error {
	if len(p.Params) != len(s.params) {
		return fmt.Errorf("point %d has %d parameters, want %d", p.Index, len(p.Params), len(s.params))
	}
	s.slots[p.Index] = int32(len(s.index))
	s.index = append(s.index, p.Index)
	s.ids = append(s.ids, p.ID)
	for i, v := range p.Params {
		s.params[i].add(v)
	}
	return nil
}

func (p *paramStore) add(v any) {
	switch x := v.(type) {
	case int64:
		p.ints = append(p.ints, x)
	case float64:
		p.floats = append(p.floats, x)
	case string:
		p.texts = append(p.texts, x)
	case bool:
		p.bools = append(p.bools, x)
	}
}

// write adds the parameter of a slot to a row.
func (p *paramStore) write(w *tableWriter, slot int32) {
	switch p.kind {
	case workloads.Int:
		w.Int(p.ints[slot])
	case workloads.Float:
		w.Float(p.floats[slot])
	case workloads.Bool:
		w.Bool(p.bools[slot])
	default:
		w.Text(p.texts[slot])
	}
}

// value is the parameter of a slot as expressions see it.
func (p *paramStore) value(slot int32) any {
	switch p.kind {
	case workloads.Int:
		return int(p.ints[slot])
	case workloads.Float:
		return p.floats[slot]
	case workloads.Bool:
		return p.bools[slot]
	}
	return p.texts[slot]
}

// byIndex are the slots in the order of the plan.
func (s *pointStore) byIndex() []int32 {
	order := make([]int32, len(s.index))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(s.index[a], s.index[b]) })
	return order
}
