package safetensors

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf8"
)

const (
	lengthBytes    = 8           // before the header stands its length
	maxHeaderBytes = 100_000_000 // as in the reference implementation
	metadataKey    = "__metadata__"
	maxInt         = math.MaxInt
)

// ErrFormat is in the error of Open where the file is not one of this format.
var ErrFormat = errors.New("not a valid safetensors file")

// Info says what a tensor is. A tensor of no dimensions has one element.
type Info struct {
	Name  string
	DType DType
	Shape []int
}

// Elements is the product of the shape.
func (i Info) Elements() int {
	n := 1
	for _, d := range i.Shape {
		n *= d
	}
	return n
}

// bytes is the length of the tensor's data. It fails where that is no whole
// number or cannot be counted in an int.
func (i Info) bytes() (int, error) {
	if int(i.DType) >= len(dtypes) {
		return 0, fmt.Errorf("unknown %v", i.DType)
	}
	n := uint64(1)
	for _, d := range append(slices.Clone(i.Shape), dtypes[i.DType].bits) {
		high, low := bits.Mul64(n, uint64(d))
		if d < 0 || high != 0 || low > maxInt {
			return 0, fmt.Errorf("shape %v of %v has more bits than can be counted", i.Shape, i.DType)
		}
		n = low
	}
	if n%8 != 0 {
		return 0, fmt.Errorf("shape %v of %v ends within a byte", i.Shape, i.DType)
	}
	return int(n / 8), nil
}

// place is a tensor and where its data are, counted from the end of the header.
type place struct {
	Info
	from, to int
}

// header is what stands before the data.
type header struct {
	places   []place // in the order of the data
	metadata map[string]string
}

// parseHeader reads the JSON and checks that the data of all tensors fill
// dataBytes from the first to the last.
func parseHeader(text []byte, dataBytes int64) (header, error) {
	var h header
	if !utf8.Valid(text) {
		return h, errors.New("the header is not UTF-8")
	}
	if len(text) == 0 || text[0] != '{' {
		return h, errors.New("the header does not begin with {")
	}
	if err := h.parse(&scanner{text: text}); err != nil {
		return h, err
	}
	slices.SortStableFunc(h.places, func(a, b place) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	return h, h.check(dataBytes)
}

func (h *header) parse(s *scanner) error {
	seen := map[string]bool{}
	err := s.object(func(key string) error {
		if seen[key] {
			return s.fail("%q is there twice", key)
		}
		seen[key] = true
		if key == metadataKey {
			return h.parseMetadata(s)
		}
		p, err := parsePlace(s)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", key, err)
		}
		p.Name = key
		h.places = append(h.places, p)
		return nil
	})
	return cmp.Or(err, s.end())
}

func (h *header) parseMetadata(s *scanner) error {
	if s.peek() == 'n' {
		return s.literal("null")
	}
	h.metadata = map[string]string{}
	return s.object(func(key string) error {
		if _, twice := h.metadata[key]; twice {
			return s.fail("%q is in the metadata twice", key)
		}
		value, err := s.string()
		h.metadata[key] = value
		return err
	})
}

// parsePlace reads {"dtype": ..., "shape": [...], "data_offsets": [from, to]}.
// Other keys are passed over, for what later versions may add.
func parsePlace(s *scanner) (place, error) {
	p := place{}
	seen := map[string]bool{}
	err := s.object(func(key string) error {
		if seen[key] {
			return s.fail("%q is there twice", key)
		}
		seen[key] = true
		var err error
		switch key {
		case "dtype":
			err = p.parseDType(s)
		case "shape":
			p.Shape, err = s.counts()
		case "data_offsets":
			err = p.parseOffsets(s)
		default:
			err = s.skip(0)
		}
		return err
	})
	for _, key := range []string{"dtype", "shape", "data_offsets"} {
		if err == nil && !seen[key] {
			err = fmt.Errorf("%s is missing", key)
		}
	}
	return p, err
}

func (p *place) parseDType(s *scanner) error {
	name, err := s.string()
	if err == nil {
		p.DType, err = parseDType(name)
	}
	return err
}

func (p *place) parseOffsets(s *scanner) error {
	offsets, err := s.counts()
	if err == nil && len(offsets) != 2 {
		err = fmt.Errorf("data_offsets has %d numbers, not 2", len(offsets))
	}
	if err == nil {
		p.from, p.to = offsets[0], offsets[1]
	}
	return err
}

func (s *scanner) counts() ([]int, error) {
	numbers := []int{}
	err := s.list('[', ']', func() error {
		n, err := s.count()
		numbers = append(numbers, n)
		return err
	})
	return numbers, err
}

// check holds the places against each other, their shapes, and the file.
func (h *header) check(dataBytes int64) error {
	end := 0
	for _, p := range h.places {
		size, err := p.bytes()
		switch {
		case err != nil:
			return fmt.Errorf("tensor %q: %w", p.Name, err)
		case p.from != end:
			return fmt.Errorf("tensor %q begins at %d, not at %d, where the one before it ends", p.Name, p.from, end)
		case p.to < p.from || p.to-p.from != size:
			return fmt.Errorf("tensor %q: offsets %d to %d do not hold shape %v of %v, which has %d bytes", p.Name, p.from, p.to, p.Shape, p.DType, size)
		}
		end = p.to
	}
	if int64(end) != dataBytes {
		return fmt.Errorf("the tensors have %d bytes, the file holds %d after its header", end, dataBytes)
	}
	return nil
}

// layOut puts the tensors in order: the widest dtypes first, then by name.
func layOut(infos []Info) (header, error) {
	h := header{}
	end := 0
	for _, i := range slices.SortedFunc(slices.Values(infos), func(a, b Info) int {
		return cmp.Or(cmp.Compare(b.DType, a.DType), cmp.Compare(a.Name, b.Name))
	}) {
		size, err := i.bytes()
		switch {
		case err != nil:
			return h, fmt.Errorf("tensor %q: %w", i.Name, err)
		case i.Name == metadataKey || !utf8.ValidString(i.Name):
			return h, fmt.Errorf("a tensor cannot have the name %q", i.Name)
		case size > maxInt-end:
			return h, errors.New("the tensors have more bytes than can be counted")
		}
		h.places = append(h.places, place{Info: i, from: end, to: end + size})
		end += size
	}
	names := map[string]bool{}
	for _, p := range h.places {
		if names[p.Name] {
			return h, fmt.Errorf("two tensors have the name %q", p.Name)
		}
		names[p.Name] = true
	}
	return h, nil
}

// encode is the header with its length before it, padded with spaces so that
// the data begin on a multiple of eight bytes.
func (h *header) encode() ([]byte, error) {
	text := append(make([]byte, lengthBytes), '{')
	if len(h.metadata) > 0 {
		text = append(h.appendMetadata(text), ',')
	}
	for _, p := range h.places {
		text = append(p.append(text), ',')
	}
	if text[len(text)-1] == ',' {
		text = text[:len(text)-1]
	}
	text = append(text, '}')
	for len(text)%lengthBytes != 0 {
		text = append(text, ' ')
	}
	n := len(text) - lengthBytes
	if n > maxHeaderBytes {
		return nil, fmt.Errorf("the header has %d bytes, at most %d are allowed", n, maxHeaderBytes)
	}
	binary.LittleEndian.PutUint64(text, uint64(n))
	if !utf8.Valid(text[lengthBytes:]) {
		return nil, errors.New("the metadata is not UTF-8")
	}
	return text, nil
}

func (h *header) appendMetadata(to []byte) []byte {
	to = append(appendString(to, metadataKey), ":{"...)
	for i, key := range slices.Sorted(maps.Keys(h.metadata)) {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendString(append(appendString(to, key), ':'), h.metadata[key])
	}
	return append(to, '}')
}

func (p *place) append(to []byte) []byte {
	to = appendString(to, p.Name)
	to = append(appendString(append(to, `:{"dtype":`...), p.DType.String()), `,"shape":[`...)
	for i, d := range p.Shape {
		if i > 0 {
			to = append(to, ',')
		}
		to = strconv.AppendInt(to, int64(d), 10)
	}
	return fmt.Appendf(to, `],"data_offsets":[%d,%d]}`, p.from, p.to)
}
