package results

import (
	"errors"
	"fmt"
	"iter"

	"runx/internal/journal"
)

// Records is the content of a journal.
type Records struct {
	// Header is the first line.
	Header *Header
	path   string
}

// ReadJournal reads the header of a journal, to which a run may be appending.
func ReadJournal(path string) (*Records, error) {
	var d lineDecoder
	for _, err := range journal.Read(path, d.decode) {
		if err != nil {
			return nil, journalError(path, err)
		}
		if err := checkHeader(d.record.Header); err != nil {
			return nil, fmt.Errorf("read journal %s: %w", path, err)
		}
		return &Records{Header: d.record.Header, path: path}, nil
	}
	return nil, &Error{
		What: fmt.Sprintf("%s holds no whole line: the run was cut off before it began", path),
		Cure: "there is nothing to keep: remove its directory and run the spec again",
		Err:  ErrCorrupt,
	}
}

// All yields what follows the header, in order, up to the torn tail that a
// crash may have left. The records are reused. The last pair holds the error
// where the file cannot be read or is damaged.
func (r *Records) All() iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		d := lineDecoder{}
		var seq sequence
		for _, err := range journal.Read(r.path, d.decode) {
			if err == nil {
				err = seq.check(&d.record)
			}
			if err != nil {
				yield(nil, journalError(r.path, err))
				return
			}
			if d.record.Header == nil && !yield(&d.record, nil) {
				return
			}
		}
	}
}

// A sequence checks what one line alone cannot tell: that the header comes
// first and once, and that a point is defined once, before its samples and its
// end.
type sequence struct {
	started bool
	points  indexSet
}

func (q *sequence) check(r *Record) error {
	first := !q.started
	q.started = true
	switch {
	case first:
		return checkHeader(r.Header)
	case r.Header != nil:
		return errors.New("it has a second header")
	case r.Point != nil && !q.points.add(r.Point.Index):
		return fmt.Errorf("point %d is defined twice", r.Point.Index)
	case r.Sample != nil && !q.points.has(r.Sample.Point):
		return fmt.Errorf("a sample belongs to point %d, which is not defined", r.Sample.Point)
	case r.Sample != nil && r.Sample.Status == OK && len(r.Sample.Values) == 0:
		return fmt.Errorf("a sample of point %d is ok and has no values", r.Sample.Point)
	case r.Event != nil && r.Event.ofPoint() && (r.Event.Point == nil || !q.points.has(*r.Event.Point)):
		return fmt.Errorf("a point %s that is not defined", r.Event.Kind)
	}
	return nil
}

func checkHeader(h *Header) error {
	switch {
	case h == nil:
		return errors.New("it does not begin with the header of a journal")
	case h.Format != Format:
		return fmt.Errorf("it has format %d, this version of runx reads format %d", h.Format, Format)
	}
	return nil
}

// journalError says which journal is damaged, and how to go on.
func journalError(path string, err error) error {
	corrupt, ok := errors.AsType[*journal.CorruptError](err)
	if !ok {
		return err
	}
	cure := "its first line says how to read the others: run the spec again"
	if corrupt.Line > 1 {
		cure = fmt.Sprintf("to go on from what precedes the damage: head -n %d %s > repaired && mv repaired %[2]s", corrupt.Line-1, path)
	}
	return &Error{
		What: fmt.Sprintf("%s: %v", path, corrupt),
		Cure: cure,
		Err:  errors.Join(ErrCorrupt, corrupt),
	}
}

// An indexSet is a set of point indices, in pages so that dense ones cost a
// bit each.
type indexSet map[int64]*[indexPage / 64]uint64

const indexPage = 4096

// add returns false if i was there already.
func (s *indexSet) add(i int64) bool {
	if *s == nil {
		*s = indexSet{}
	}
	page := (*s)[i/indexPage]
	if page == nil {
		page = new([indexPage / 64]uint64)
		(*s)[i/indexPage] = page
	}
	bit := i % indexPage
	if page[bit/64]&(1<<(bit%64)) != 0 {
		return false
	}
	page[bit/64] |= 1 << (bit % 64)
	return true
}

func (s indexSet) has(i int64) bool {
	page := s[i/indexPage]
	bit := i % indexPage
	return page != nil && i >= 0 && page[bit/64]&(1<<(bit%64)) != 0
}
