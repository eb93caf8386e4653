package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"runx/spec"
	"runx/workloads"
)

// The beginning of a line tells its kind.
const (
	headerMark = `{"runx":`
	pointMark  = `{"point":`
	sampleMark = `{"p":`
	eventMark  = `{"event":`
)

// lineLegend is put into the header so that the journal explains itself.
var lineLegend = map[string]string{
	"p": "index of the point", "r": "round", "k": "repetition at the point", "t": "started at, in microseconds since 1970 UTC",
	"s": "status: ok, failed, timeout, skipped", "v": "values in the order of metrics; null: not measured; []: none at all",
	"e": "error, where there is one", "x": "interference seen, where there was any",
}

// appendSample appends the line of a sample.
func appendSample(b []byte, s *Sample) []byte {
	b = append(b, sampleMark...)
	b = strconv.AppendInt(b, s.Point, 10)
	b = append(b, `,"r":`...)
	b = strconv.AppendInt(b, int64(s.Round), 10)
	b = append(b, `,"k":`...)
	b = strconv.AppendInt(b, int64(s.Rep), 10)
	b = append(b, `,"t":`...)
	b = strconv.AppendInt(b, s.StartedAt, 10)
	b = append(b, `,"s":"`...)
	b = append(b, s.Status...)
	b = append(b, `","v":[`...)
	for i, v := range s.Values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendFloat(b, v)
	}
	b = append(b, ']')
	if s.Error != "" {
		b = appendString(append(b, `,"e":`...), s.Error)
	}
	if s.Tainted != "" {
		b = appendString(append(b, `,"x":`...), s.Tainted)
	}
	return append(b, '}', '\n')
}

// appendPoint appends the line that defines a point.
func appendPoint(b []byte, p spec.Point, params []ParamColumn) ([]byte, error) {
	b = append(b, pointMark...)
	b = strconv.AppendInt(b, p.Index, 10)
	b = append(b, `,"id":`...)
	b = appendString(b, p.ID)
	b = append(b, `,"params":[`...)
	for i, c := range params {
		if i > 0 {
			b = append(b, ',')
		}
		var ok bool
		if b, ok = appendParam(b, c.Kind, p.Params[c.Name]); !ok {
			return nil, fmt.Errorf("point %s: parameter %q is %#v, want a value of kind %s", p.ID, c.Name, p.Params[c.Name], c.Kind)
		}
	}
	return append(b, ']', '}', '\n'), nil
}

func appendParam(b []byte, kind workloads.Kind, v any) ([]byte, bool) {
	switch x := v.(type) {
	case int:
		return strconv.AppendInt(b, int64(x), 10), kind == workloads.Int
	case float64:
		return appendFloat(b, x), kind == workloads.Float
	case bool:
		return strconv.AppendBool(b, x), kind == workloads.Bool
	case string:
		return appendString(b, x), kind == workloads.String || kind == workloads.Enum
	}
	return b, false
}

// A Record is one line of a journal: exactly one field is set. What it points
// to is valid until the next line.
type Record struct {
	Header *Header
	Point  *PointRecord
	Sample *Sample
	Event  *Event
}

// A PointRecord is the definition of a point.
type PointRecord struct {
	Index int64
	ID    string
	// Params are in the order of the header: int64, float64, string or bool.
	Params []any
}

// A lineDecoder turns lines into records, strictly: what no journal of this
// format holds is an error. The zero value is ready.
type lineDecoder struct {
	record  Record
	header  Header
	seen    bool // the header
	point   PointRecord
	sample  Sample
	event   Event
	strings map[string]string // of taints and the like, which repeat
}

var errLineForm = errors.New("it is not a line of this journal")

func (d *lineDecoder) decode(line []byte) error {
	d.record = Record{}
	p := parser{b: line}
	switch {
	case p.tryWord(sampleMark):
		return d.decodeSample(&p)
	case p.tryWord(pointMark):
		return d.decodePoint(&p)
	case p.tryWord(eventMark):
		d.event = Event{}
		if err := json.Unmarshal(line, &d.event); err != nil {
			return err
		}
		d.record.Event = &d.event
		return nil
	case p.tryWord(headerMark):
		return d.decodeHeader(line)
	}
	return errLineForm
}

func (d *lineDecoder) decodeHeader(line []byte) error {
	var h Header
	if err := json.Unmarshal(line, &h); err != nil {
		return err
	}
	d.header, d.seen = h, true
	d.record.Header = &d.header
	return nil
}

func (d *lineDecoder) decodeSample(p *parser) error {
	s := &d.sample
	s.Point = p.integer()
	p.word(`,"r":`)
	s.Round = int(p.integer())
	p.word(`,"k":`)
	s.Rep = int(p.integer())
	p.word(`,"t":`)
	s.StartedAt = p.integer()
	p.word(`,"s":`)
	s.Status = parseStatus(p)
	p.word(`,"v":[`)
	s.Values = parseFloats(p, s.Values[:0])
	s.Error, s.Tainted = "", ""
	if p.tryWord(`,"e":`) {
		s.Error = d.intern(p.text())
	}
	if p.tryWord(`,"x":`) {
		s.Tainted = d.intern(p.text())
	}
	p.word(`}`)
	p.end()
	if n := len(s.Values); p.bad || n != 0 && n != len(d.header.Metrics) {
		return errLineForm
	}
	d.record.Sample = s
	return nil
}

func parseStatus(p *parser) Status {
	text := p.text()
	for _, s := range statuses {
		if string(text) == string(s) {
			return s
		}
	}
	p.bad = true
	return ""
}

func parseFloats(p *parser, to []float64) []float64 {
	if p.tryWord(`]`) {
		return to
	}
	for !p.bad {
		to = append(to, p.float())
		if p.tryWord(`]`) {
			return to
		}
		p.word(`,`)
	}
	return to
}

func (d *lineDecoder) decodePoint(p *parser) error {
	d.point = PointRecord{Index: p.integer()}
	p.word(`,"id":`)
	d.point.ID = string(p.text())
	p.word(`,"params":[`)
	for i, c := range d.header.Params {
		if i > 0 {
			p.word(`,`)
		}
		d.point.Params = append(d.point.Params, d.parseParam(p, c.Kind))
	}
	p.word(`]}`)
	p.end()
	if p.bad {
		return errLineForm
	}
	d.record.Point = &d.point
	return nil
}

func (d *lineDecoder) parseParam(p *parser, kind workloads.Kind) any {
	switch kind {
	case workloads.Int:
		return p.integer()
	case workloads.Float:
		return p.float()
	case workloads.Bool:
		if p.tryWord("true") {
			return true
		}
		p.word("false")
		return false
	}
	return d.intern(p.text())
}

// maxInterned bounds the table of strings, because every error may be another.
const maxInterned = 1 << 12

func (d *lineDecoder) intern(b []byte) string {
	if s, ok := d.strings[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(d.strings) < maxInterned {
		if d.strings == nil {
			d.strings = map[string]string{}
		}
		d.strings[s] = s
	}
	return s
}
