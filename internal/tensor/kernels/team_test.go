package kernels

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
)

// countTask counts how often each part is done and checks that the step before
// has ended.
type countTask struct {
	counts []atomic.Int32
	before *countTask
	failAt int
}

func newCountTask(parts int, before *countTask) *countTask {
	return &countTask{counts: make([]atomic.Int32, parts), before: before, failAt: -1}
}

func (c *countTask) Do(_ *Worker, i int) error {
	c.counts[i].Add(1)
	if c.before != nil && slices.ContainsFunc(c.before.values(), func(n int32) bool { return n != 1 }) {
		return fmt.Errorf("part %d begins before the step before it has ended", i)
	}
	if i == c.failAt {
		return fmt.Errorf("part %d", i)
	}
	return nil
}

func (c *countTask) values() []int32 {
	values := make([]int32, len(c.counts))
	for i := range c.counts {
		values[i] = c.counts[i].Load()
	}
	return values
}

func TestTeamDoesEachPartOnceInOrderOfSteps(t *testing.T) {
	t.Parallel()
	for _, threads := range []int{1, 2, 5} {
		team := NewTeam(Portable(), threads)
		for round := range 200 {
			first := newCountTask(round%9, nil)
			second := newCountTask(1, first)
			third := newCountTask(17, second)
			if err := team.Run(Step{first, round % 9}, Step{second, 1}, Step{third, 17}); err != nil {
				t.Fatal(err)
			}
			for _, task := range []*countTask{first, second, third} {
				if slices.ContainsFunc(task.values(), func(n int32) bool { return n != 1 }) {
					t.Fatalf("%d threads: parts were done %v times", threads, task.values())
				}
			}
		}
		team.Close()
	}
}

func TestTeamReturnsAnErrorAndGoesOn(t *testing.T) {
	t.Parallel()
	team := NewTeam(Portable(), 3)
	defer team.Close()
	for range 50 {
		failing, after := newCountTask(20, nil), newCountTask(20, nil)
		failing.failAt = 7
		if err := team.Run(Step{failing, 20}, Step{after, 20}); err == nil || err.Error() != "part 7" {
			t.Fatalf("error is %v", err)
		}
		if slices.Max(after.values()) != 0 {
			t.Fatal("the step after an error was done")
		}
		if err := team.Run(Step{after, 20}); err != nil {
			t.Fatalf("error of an earlier call remains: %v", err)
		}
	}
}
