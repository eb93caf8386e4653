package pipeline

import "time"

// A span is one run of a stage. Times are since the start of the request.
type span struct {
	start, end time.Duration
	stage      stage
	layer      int // noLayer outside the layers
	step       int // 0 is the prompt, outside outside of the steps
}

const (
	noLayer = -1
	outside = -1
)

// A timeline is the spans of a request in their order. It has the room for all
// of them before the request begins.
type timeline struct {
	began time.Time
	spans []span
	// first and last are when the text of the first and of the last token was
	// there, ended when the answer was.
	first, last, ended time.Duration
}

func (l *timeline) reserve(spans int) { l.spans = make([]span, 0, spans) }

// begin starts a request.
func (l *timeline) begin() {
	l.spans, l.first, l.last, l.ended = l.spans[:0], 0, 0, 0
	l.began = time.Now()
}

// now is a reading of the clock.
func (l *timeline) now() time.Duration { return time.Since(l.began) }

// add ends a span that began at start.
func (l *timeline) add(s stage, layer, step int, start time.Duration) {
	l.spans = append(l.spans, span{start: start, end: l.now(), stage: s, layer: layer, step: step})
}

// told notes that the text of a token is there.
func (l *timeline) told() {
	l.last = l.spans[len(l.spans)-1].end
	if l.first == 0 {
		l.first = l.last
	}
}

// A budget is where the time of a request went.
type budget struct {
	stages       [stageCount]time.Duration
	classes      [classCount]time.Duration
	unaccounted  time.Duration
	bytes, flops float64
}

// budget adds the spans up. Classes and stages with what is unaccounted each add
// up to the whole.
func (l *timeline) budget(c cost, promptTokens int, bandwidth float64) budget {
	b := budget{unaccounted: l.ended}
	for _, s := range l.spans {
		d := s.end - s.start
		b.stages[s.stage] += d
		b.unaccounted -= d
		if kind := stages[s.stage].class; kind != compute {
			b.classes[kind] += d
			continue
		}
		rows, past := promptTokens, 0
		if s.step > 0 {
			rows, past = 1, promptTokens+s.step-1
		}
		bytes, flops := c.of(s.stage, rows, past)
		moved := min(d, time.Duration(bytes/bandwidth*float64(time.Second)))
		b.classes[transfer] += moved
		b.classes[compute] += d - moved
		b.bytes += bytes
		b.flops += flops
	}
	b.classes[overhead] += b.unaccounted
	return b
}
