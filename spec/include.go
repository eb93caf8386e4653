package spec

import (
	"maps"

	"runx/internal/document"
	"runx/workloads"
)

// A rawPoint is an included point before its parameters are typed.
type rawPoint struct {
	at     document.Position
	values map[string]rawValue
	names  []document.Text // in order
}

// readInclude takes the points beside the grid.
func (b *builder) readInclude() {
	for _, entries := range b.doc.Include {
		point := rawPoint{values: map[string]rawValue{}}
		for _, entry := range entries {
			if len(point.names) == 0 {
				point.at = entry.Key.Position
			}
			point.names = append(point.names, entry.Key)
			if !b.admit(entry.Key) {
				continue
			}
			if entry.Value.expr != nil {
				b.problems.Add(entry.Key.Position, "computed parameters belong in params", "an included point gives values, not expressions")
				continue
			}
			if scalar := entry.Value.node.Scalar(); scalar != nil {
				point.values[entry.Key.Value] = rawValue{scalar, entry.Value.node.Position()}
			}
		}
		b.include = append(b.include, point)
	}
}

// addIncluded completes the included points. One that the grid yields already,
// or that is there twice, is dropped.
func (b *builder) addIncluded(sp *space, computed []step) {
	var points []workloads.Values
	var at []document.Position
	for _, raw := range b.include {
		if values := b.complete(sp, raw, computed); values != nil {
			points = append(points, values)
			at = append(at, raw.at)
		}
	}
	grid := sp.indexOf(points)
	seen := map[string]bool{}
	for i, values := range points {
		id := pointID(sp.workload, sp.names, values)
		switch {
		case seen[id]:
			b.warnings.Add(at[i], "", "this included point is there twice: the second one is dropped")
		case grid.holds(values):
			b.warnings.Add(at[i], "", "this included point is in the grid already: it is dropped")
		default:
			sp.include = append(sp.include, values)
			b.includedAt = append(b.includedAt, at[i])
		}
		seen[id] = true
	}
}

// complete gives an included point all its parameters; nil where it is wrong,
// and the problem is noted.
func (b *builder) complete(sp *space, raw rawPoint, computed []step) workloads.Values {
	values := workloads.Values(maps.Clone(sp.fixed))
	ok := true
	for _, name := range raw.names {
		v, set := raw.values[name.Value]
		p := b.param(name.Value)
		if !set || p == nil {
			ok = false
			continue
		}
		checked, good := b.check(p, v)
		ok = ok && good
		values[p.Name] = checked
	}
	if !b.isComplete(raw, values) || !ok {
		return nil
	}
	w := &walker{space: sp, env: values}
	for _, st := range computed {
		if _, given := raw.values[st.target.Name]; given {
			continue
		}
		if _, failed, err := w.settle([]step{st}); err != nil {
			b.problems.Add(raw.at, "", "this included point: %s%s%s", failed.subject(), err, w.place(failed.expr.uses))
			return nil
		}
	}
	return values
}

// isComplete tells whether an included point sets what no other part of the
// spec sets for it.
func (b *builder) isComplete(raw rawPoint, values workloads.Values) bool {
	complete := true
	for _, p := range b.params {
		_, set := values[p.Name]
		_, written := raw.values[p.Name]
		_, isComputed := b.computed[p.Name]
		_, invalid := b.fixed[p.Name]
		_, swept := b.swept[p.Name]
		if set || written || isComputed || b.meant[p.Name] || (invalid && !swept) {
			continue
		}
		b.problems.Add(raw.at, "add "+p.Name+" to this point", "this included point does not set %s", p.Name)
		complete = false
	}
	return complete
}

// A gridIndex finds points in the grid by their values.
type gridIndex struct {
	*space
	rows []map[string]int // per axis: the rows that the points have
}

// indexOf makes an index that finds these points: it keeps no more of a long
// axis than they need.
func (sp *space) indexOf(points []workloads.Values) gridIndex {
	g := gridIndex{space: sp}
	if len(points) == 0 || sp.gridSize == 0 {
		return g
	}
	for i := range sp.axes {
		a := &sp.axes[i]
		wanted := map[string]bool{}
		for _, p := range points {
			wanted[a.keyOf(p)] = true
		}
		rows := map[string]int{}
		for row := range a.len() {
			if key := a.key(row); wanted[key] {
				rows[key] = row
			}
		}
		g.rows = append(g.rows, rows)
	}
	return g
}

// holds tells whether the grid yields a point with these values.
func (g gridIndex) holds(values workloads.Values) bool {
	if g.gridSize == 0 {
		return false
	}
	index := int64(0)
	for i := range g.axes {
		row, ok := g.rows[i][g.axes[i].keyOf(values)]
		if !ok {
			return false
		}
		index = index*int64(g.axes[i].len()) + int64(row)
	}
	w := &walker{space: g.space, env: maps.Clone(g.fixed)}
	stays, err := w.at(index)
	return err == nil && stays && maps.Equal(workloads.Values(w.env), values)
}

// key tells the rows of an axis apart.
func (a *axis) key(row int) string {
	var key []byte
	for m := range a.columns {
		key = append(appendCanonical(key, a.columns[m][row]), '\n')
	}
	return string(key)
}

// keyOf is the key of the row that has the values of a point.
func (a *axis) keyOf(values workloads.Values) string {
	var key []byte
	for _, name := range a.params {
		key = append(appendCanonical(key, values[name]), '\n')
	}
	return string(key)
}
