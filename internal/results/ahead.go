package results

import (
	"iter"
	"sync"
)

const (
	// aheadRecords are handed over at once, aheadBatches are under way: the one
	// that is filled, the one that waits, the one that is read.
	aheadRecords = 512
	aheadBatches = 3
)

// readAhead yields what seq yields, with seq running in a goroutine of its own:
// reading the journal and writing the table then take turns on two cores. The
// goroutine ends before the iteration does.
func readAhead(seq iter.Seq2[*Record, error]) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		full, free := make(chan *recordBatch), make(chan *recordBatch, aheadBatches)
		for range aheadBatches {
			free <- &recordBatch{}
		}
		stop := make(chan struct{})
		var reader sync.WaitGroup
		reader.Go(func() { fillBatches(seq, free, full, stop) })
		defer reader.Wait()
		defer close(stop)
		for b := range full {
			for i := range b.records {
				if !yield(&b.records[i], nil) {
					return
				}
			}
			if b.err != nil {
				yield(nil, b.err)
				return
			}
			free <- b
		}
	}
}

// fillBatches ends with seq, or when stop is closed.
func fillBatches(seq iter.Seq2[*Record, error], free <-chan *recordBatch, full chan<- *recordBatch, stop <-chan struct{}) {
	defer close(full)
	b := <-free
	hand := func() bool {
		select {
		case full <- b:
			return true
		case <-stop:
			return false
		}
	}
	for r, err := range seq {
		if err != nil {
			b.err = err
			break
		}
		b.add(r)
		if len(b.records) < aheadRecords {
			continue
		}
		if !hand() {
			return
		}
		select {
		case b = <-free:
			b.reset()
		case <-stop:
			return
		}
	}
	hand()
}

// A recordBatch holds copies of records, in memory that is used again.
type recordBatch struct {
	records []Record
	samples []Sample
	values  []float64
	err     error // behind the records
}

func (b *recordBatch) reset() {
	b.records, b.samples, b.values = b.records[:0], b.samples[:0], b.values[:0]
}

// add copies a record and what it points to.
func (b *recordBatch) add(r *Record) {
	var c Record
	switch {
	case r.Sample != nil:
		if b.samples == nil {
			b.samples = make([]Sample, 0, aheadRecords) // never grows, so that pointers into it hold
		}
		from := len(b.values)
		b.values = append(b.values, r.Sample.Values...)
		s := *r.Sample
		s.Values = b.values[from:len(b.values):len(b.values)]
		b.samples = append(b.samples, s)
		c.Sample = &b.samples[len(b.samples)-1]
	case r.Point != nil:
		p := *r.Point // its parameters are made anew for every point
		c.Point = &p
	case r.Event != nil:
		e := *r.Event
		c.Event = &e
	}
	b.records = append(b.records, c)
}
