package tensor

import "runx/internal/tensor/kernels"

// productsAnElement is how many multiplications of a matrix product take as long
// as an element of other operations, about.
const productsAnElement = 8

// bundle is a task whose parts are several of those of another that are too
// short for a thread of their own. Which ones depends on sizes alone.
type bundle struct {
	task        kernels.Task
	count, each int
}

// Do does the parts of one bundle.
func (b *bundle) Do(w *kernels.Worker, i int) error {
	for part := i * b.each; part < min((i+1)*b.each, b.count); part++ {
		if err := b.task.Do(w, part); err != nil {
			return err
		}
	}
	return nil
}

// bundles are the steps of one call.
type bundles struct {
	of   [10]bundle
	used int
}

// step is the step of a task whose parts have about so many elements.
func (b *bundles) step(task kernels.Task, parts, elements int) kernels.Step {
	s := &b.of[b.used]
	b.used++
	*s = bundle{task: task, count: parts, each: max(1, blockElements/max(elements, 1))}
	return kernels.Step{Task: s, Parts: (parts + s.each - 1) / s.each}
}
