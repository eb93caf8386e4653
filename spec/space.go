package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/expr-lang/expr/vm"

	"runx/internal/document"
	"runx/workloads"
)

// A space is the set of points of a spec: a grid, thinned by where, and the
// included points behind it. It is never held as a list.
//
// The grid is walked as a tree, one level per axis. What can be decided with
// the first k axes is decided at level k, so that a condition over slow axes
// removes whole branches at once.
type space struct {
	workload string
	names    []string // of all parameters, sorted
	fixed    map[string]any
	axes     []axis
	levels   [][]step // len(axes)+1: levels[k] runs when k axes are set
	late     []step   // computed parameters that no condition needs: only for points that stay
	gridSize int64    // 0 where the spec has included points only
	include  []workloads.Values

	walkers sync.Pool
}

// A step computes a parameter or tests a condition.
type step struct {
	expr   *expression
	target *workloads.Param // nil: the expression is a condition
}

// A walker evaluates steps at one place of the grid. It is for one goroutine.
type walker struct {
	*space
	machine vm.VM
	env     map[string]any
	// onError decides what an error means while walking: true goes on without
	// the points below.
	onError func(step, error) bool
	// done, where it is not nil, ends the walk when it is closed.
	done <-chan struct{}
	// places, where it is not 0, ends the walk after so many.
	places  int
	visited int
	stopped bool // the walk is over
	cut     bool // because of done or places
}

func (s *space) newWalker() *walker {
	if w, ok := s.walkers.Get().(*walker); ok {
		*w = walker{space: s, machine: w.machine, env: w.env}
		return w
	}
	w := &walker{space: s, env: make(map[string]any, len(s.names))}
	maps.Copy(w.env, s.fixed)
	return w
}

func (s *space) release(w *walker) { s.walkers.Put(w) }

// settle runs steps and tells whether the points below stay.
func (w *walker) settle(steps []step) (stays bool, failed step, err error) {
	for _, st := range steps {
		v, err := st.expr.run(&w.machine, w.env)
		if err != nil {
			return false, st, err
		}
		if st.target == nil {
			if holds, _ := v.(bool); !holds {
				return false, st, nil
			}
			continue
		}
		checked, err := st.target.Check(v)
		if err != nil {
			return false, st, err
		}
		w.env[st.target.Name] = normal(checked)
	}
	return true, step{}, nil
}

// set puts the values of one row of an axis in place.
func (w *walker) set(a *axis, row int) {
	for m, name := range a.params {
		w.env[name] = a.columns[m][row]
	}
}

// walk visits the places of the grid down to level bottom, in order: index
// counts the places of that level. It ends when visit returns false.
func (w *walker) walk(bottom int, visit func(index int64) bool) {
	w.descend(0, bottom, 0, visit)
}

func (w *walker) descend(level, bottom int, index int64, visit func(int64) bool) {
	if w.interrupted() {
		w.stopped, w.cut = true, true
		return
	}
	stays, failed, err := w.settle(w.levels[level])
	switch {
	case err != nil:
		w.stopped = !w.onError(failed, w.describe(failed, level, err))
		return
	case !stays:
		return
	case level == bottom:
		w.stopped = !visit(index)
		return
	}
	a := &w.axes[level]
	for row := range a.len() {
		w.set(a, row)
		w.descend(level+1, bottom, index*int64(a.len())+int64(row), visit)
		if w.stopped {
			return
		}
	}
}

// interrupted looks at done now and then: a look costs as much as a step.
func (w *walker) interrupted() bool {
	if w.places > 0 && w.visited >= w.places {
		return true
	}
	w.visited++
	if w.done == nil || w.visited%256 != 0 {
		return false
	}
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// at puts the place of a grid index into the environment and settles it.
func (w *walker) at(index int64) (bool, error) {
	digits := w.digits(index)
	for level := range w.levels {
		if level > 0 {
			w.set(&w.axes[level-1], digits[level-1])
		}
		stays, failed, err := w.settle(w.levels[level])
		if err != nil {
			return false, w.describe(failed, level, err)
		}
		if !stays {
			return false, nil
		}
	}
	return true, w.finish()
}

// digits are the rows of the axes at a grid index.
func (s *space) digits(index int64) []int {
	digits := make([]int, len(s.axes))
	for k := len(s.axes) - 1; k >= 0; k-- {
		n := int64(s.axes[k].len())
		digits[k] = int(index % n)
		index /= n
	}
	return digits
}

// finish computes what only a point that stays needs.
func (w *walker) finish() error {
	if _, failed, err := w.settle(w.late); err != nil {
		return w.describe(failed, len(w.axes), err)
	}
	return nil
}

// describe says where in the grid and in the file an expression failed.
func (w *walker) describe(failed step, level int, err error) error {
	names := slices.Clone(failed.expr.uses)
	for _, a := range w.axes[:level] {
		for _, name := range a.params {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	var p document.Problems
	p.Add(failed.expr.text.Position, "", "%s%s%s", failed.subject(), err, w.place(names))
	return p
}

func (w *walker) place(names []string) string {
	if len(names) == 0 {
		return ""
	}
	var values []string
	for _, name := range names {
		values = append(values, name+"="+workloads.FormatValue(w.env[name]))
	}
	return " at " + strings.Join(values, " ")
}

func (st *step) subject() string {
	if st.target != nil {
		return st.target.Name + ": "
	}
	return fmt.Sprintf("where %s: ", st.expr.text.Value)
}

// countingLevel is the deepest level with a condition or a value that one
// needs: below it every place stays.
func (s *space) countingLevel() int {
	for level := len(s.levels) - 1; level > 0; level-- {
		if len(s.levels[level]) > 0 {
			return level
		}
	}
	return 0
}

// below is the number of grid points under one place of a level.
func (s *space) below(level int) int64 {
	n := int64(1)
	for _, a := range s.axes[level:] {
		n *= int64(a.len())
	}
	return n
}

// normal makes equal values the same value: there is one zero.
func normal(v any) any {
	if f, ok := v.(float64); ok && f == 0 {
		return 0.0
	}
	return v
}
