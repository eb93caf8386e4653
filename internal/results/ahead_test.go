package results

import (
	"errors"
	"iter"
	"testing"
)

// numbered yields n samples that it uses again, a point and an event between
// them, and the error.
func numbered(n int, err error, ended *bool) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		defer func() { *ended = true }()
		s := Sample{Values: make([]float64, 1)}
		for i := range n {
			r := Record{Sample: &s}
			switch i % 10 {
			case 3:
				r = Record{Point: &PointRecord{Index: int64(i)}}
			case 7:
				r = Record{Event: &Event{At: int64(i)}}
			default:
				s.Point, s.Values[0] = int64(i), float64(i)
			}
			if !yield(&r, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func TestReadAhead(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, n := range []int{0, 1, aheadRecords - 1, aheadRecords, aheadRecords + 1, 5*aheadRecords + 3} {
		for _, want := range []error{nil, broken} {
			for _, stopAt := range []int{-1, 0, n / 2} {
				ended, i := false, 0
				var got error
				for r, err := range readAhead(numbered(n, want, &ended)) {
					if got = err; err != nil || i == stopAt {
						break
					}
					switch {
					case r.Sample != nil && r.Sample.Point == int64(i) && r.Sample.Values[0] == float64(i):
					case r.Point != nil && r.Point.Index == int64(i):
					case r.Event != nil && r.Event.At == int64(i):
					default:
						t.Fatalf("n %d: record %d is %+v", n, i, r)
					}
					i++
				}
				stopped := stopAt >= 0 && stopAt < n
				if !ended || !stopped && (i != n || got != want) {
					t.Fatalf("n %d, stop at %d: %d records, %v, ended: %t", n, stopAt, i, got, ended)
				}
			}
		}
	}
}
