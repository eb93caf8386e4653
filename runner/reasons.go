package runner

import (
	"cmp"
	"slices"

	"runx/internal/results"
)

// maxReasons bounds how many reasons are told apart: an error with a number in
// it can be another one each time.
const maxReasons = 64

// A Reason is why samples failed, or why points were skipped.
type Reason struct {
	Status results.Status // failed, timeout or skipped
	Error  string         // of the first of these samples
	Count  int64          // of samples
}

// reasons counts them.
type reasons struct {
	all   []Reason
	place map[string]int // in all, by the text of the error
}

func (r *reasons) note(row *results.Sample) {
	key := row.Error
	if row.Status == results.Timeout {
		key = string(results.Timeout) // one is as late as another
	}
	i, known := r.place[key]
	switch {
	case known:
		r.all[i].Count++
	case len(r.all) < maxReasons:
		if r.place == nil {
			r.place = map[string]int{}
		}
		r.place[key] = len(r.all)
		r.all = append(r.all, Reason{row.Status, row.Error, 1})
	}
}

// sorted returns the reasons, the most frequent first.
func (r *reasons) sorted() []Reason {
	return slices.SortedStableFunc(slices.Values(r.all), func(a, b Reason) int { return cmp.Compare(b.Count, a.Count) })
}
