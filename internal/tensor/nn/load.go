package nn

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/internal/tensor/safetensors"
)

// LoadOptions say how a file becomes a model.
type LoadOptions struct {
	// Mmap maps the file: parameters point into it, and the system reads what is
	// looked at. Without it they are read into the arena.
	Mmap bool
	// Config is the shape of the model. The zero value stands for what the file
	// says, which only Model.Save writes.
	Config Config
}

// Load makes a model of a safetensors file: one that Model.Save wrote, a
// published one of the Llama family, or a published one of GPT-2. Matrices are
// in the format of the file, F32, F16 or BF16; gains, biases and learned
// positions are expanded to float32.
//
// Mapped parameters are not copied, with these exceptions: the expanded ones,
// GPT-2's published matrices, which are transposed, and data that are not
// aligned. Besides the model one tensor of the file at most is in memory.
//
// It fails where tensors are missing, have another shape, or belong to another
// model.
func Load(a *tensor.Arena, path string, o LoadOptions) (*Model, error) {
	file, err := safetensors.Open(path, safetensors.Options{Mmap: o.Mmap})
	if err != nil {
		return nil, fmt.Errorf("load model: %w", err)
	}
	m := &Model{file: file, algorithm: tensor.Flash}
	if err := m.load(a, file, o.Config); err != nil {
		return nil, errors.Join(fmt.Errorf("load model %s: %w", path, err), m.Free())
	}
	m.assemble()
	return m, nil
}

func (m *Model) load(a *tensor.Arena, file *safetensors.File, c Config) error {
	if c == (Config{}) {
		var err error
		if c, err = configOf(file); err != nil {
			return err
		}
	}
	if err := c.Validate(); err != nil {
		return err
	}
	m.config = c
	l := &loader{arena: a, file: file, layout: layoutOf(file, c), used: map[string]bool{}}
	for s := range c.specs() {
		q, err := l.parameter(s)
		if err != nil {
			return err
		}
		m.parameters = append(m.parameters, q)
	}
	if err := l.checkRest(); err != nil || m.MappedBytes() > 0 {
		return err
	}
	m.file = nil
	return file.Close()
}

func configOf(file *safetensors.File) (Config, error) {
	var c Config
	text, ok := file.Metadata()[configKey]
	if !ok {
		return c, errors.New("the file does not say what shape the model has\nhint: name it by the Config of a preset")
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, fmt.Errorf("the file's %s: %w", configKey, err)
	}
	return c, nil
}

// origin is where a file has a parameter.
type origin struct {
	name string
	// transposed says that the file has a matrix [in, out].
	transposed bool
	// part of parts is the parameter, where the file has several side by side.
	part, parts int
}

// shape is what the file must have for a parameter of this shape.
func (o origin) shape(s []int) []int {
	s = slices.Clone(s)
	s[0] *= o.parts
	if o.transposed {
		slices.Reverse(s)
	}
	return s
}

// loader makes parameters of the tensors of a file.
type loader struct {
	arena  *tensor.Arena
	file   *safetensors.File
	layout func(spec) origin
	used   map[string]bool
}

func (l *loader) parameter(s spec) (*parameter, error) {
	o := l.layout(s)
	t, ok := l.file.Tensor(o.name)
	if !ok {
		return nil, fmt.Errorf("tensor %s is missing", o.name)
	}
	if want := o.shape(s.shape); !slices.Equal(t.Shape, want) {
		return nil, fmt.Errorf("tensor %s has shape %v, and the model needs %v", o.name, t.Shape, want)
	}
	l.used[o.name] = true
	q, err := l.convert(s, o, t)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w", o.name, err)
	}
	return q, nil
}

// convert takes the shortest way from the tensor to the parameter.
func (l *loader) convert(s spec, o origin, t safetensors.Tensor) (*parameter, error) {
	whole := !o.transposed && o.parts == 1
	switch {
	case t.DType == safetensors.F32 && whole:
		return l.floats(s, t)
	case t.DType == safetensors.F32:
		return l.partOfFloats(s, o, t)
	case t.DType != safetensors.F16 && t.DType != safetensors.BF16:
		return nil, fmt.Errorf("its dtype is %v, not F32, F16 or BF16", t.DType)
	case s.matrix() && whole:
		return l.halves(s, t)
	case s.matrix():
		return l.partOfHalves(s, o, t)
	default:
		return l.expanded(s, o, t)
	}
}

func (l *loader) floats(s spec, t safetensors.Tensor) (*parameter, error) {
	if view, ok := t.Float32s(); ok {
		mapped, err := tensor.FromSlice(view, s.shape...)
		if err != nil {
			return nil, err
		}
		q, err := withTensor(s, mapped)
		if err == nil {
			q.stored, q.mapped = t, true
		}
		return q, err
	}
	q, err := newFloats(l.arena, s, false)
	if err != nil {
		return nil, err
	}
	return q, orFree(q, t.ReadFloat32s(q.tensor.Data()))
}

func (l *loader) halves(s spec, t safetensors.Tensor) (*parameter, error) {
	if view, ok := t.Uint16s(); ok {
		q, err := withHalves(s, view, formatOf(t.DType))
		if err == nil {
			q.stored, q.mapped = t, true
		}
		return q, err
	}
	q, err := newHalves(l.arena, s, formatOf(t.DType))
	if err != nil {
		return nil, err
	}
	return q, orFree(q, t.ReadUint16s(q.halves))
}

func (l *loader) partOfFloats(s spec, o origin, t safetensors.Tensor) (*parameter, error) {
	q, err := newFloats(l.arena, s, false)
	if err != nil {
		return nil, err
	}
	return q, orFree(q, l.withFloats(t, func(all []float32) { copyPart(q.tensor.Data(), all, o, s) }))
}

func (l *loader) partOfHalves(s spec, o origin, t safetensors.Tensor) (*parameter, error) {
	q, err := newHalves(l.arena, s, formatOf(t.DType))
	if err != nil {
		return nil, err
	}
	return q, orFree(q, l.withHalves(t, func(all []uint16) { copyPart(q.halves, all, o, s) }))
}

// expanded makes a float32 parameter of halves. None of these is transposed.
func (l *loader) expanded(s spec, o origin, t safetensors.Tensor) (*parameter, error) {
	q, err := newFloats(l.arena, s, false)
	if err != nil {
		return nil, err
	}
	n := int(s.elements())
	return q, orFree(q, l.withHalves(t, func(all []uint16) {
		kernels.Best().Expand(q.tensor.Data(), all[o.part*n:][:n], formatOf(t.DType))
	}))
}

// withFloats calls use with the elements of a tensor of the file: mapped, or
// read into memory that is given back afterwards.
func (l *loader) withFloats(t safetensors.Tensor, use func([]float32)) error {
	if view, ok := t.Float32s(); ok {
		use(view)
		return t.Release()
	}
	data, err := l.arena.Alloc(t.Elements())
	if err != nil {
		return err
	}
	if err = t.ReadFloat32s(data); err == nil {
		use(data)
	}
	return errors.Join(err, l.arena.Free(data))
}

func (l *loader) withHalves(t safetensors.Tensor, use func([]uint16)) error {
	if view, ok := t.Uint16s(); ok {
		use(view)
		return t.Release()
	}
	data, err := l.arena.AllocHalf(t.Elements())
	if err != nil {
		return err
	}
	if err = t.ReadUint16s(data); err == nil {
		use(data)
	}
	return errors.Join(err, l.arena.FreeHalf(data))
}

// orFree frees a parameter that could not be filled.
func orFree(q *parameter, err error) error {
	if err != nil {
		return errors.Join(err, q.free())
	}
	return nil
}

// copyPart copies the part of all that is the parameter.
func copyPart[T float32 | uint16](dst, all []T, o origin, s spec) {
	if !o.transposed {
		copy(dst, all[o.part*len(dst):][:len(dst)])
		return
	}
	out, in := s.shape[0], s.shape[1]
	width := out * o.parts
	const tile = 32 // rows and columns that the caches hold at once
	for i := 0; i < in; i += tile {
		for j := 0; j < out; j += tile {
			for row := i; row < min(i+tile, in); row++ {
				from := all[row*width+o.part*out:][:out]
				for col := j; col < min(j+tile, out); col++ {
					dst[col*in+row] = from[col]
				}
			}
		}
	}
}

// checkRest returns an error where the file has what the model has no place for:
// it is another model. Buffers that published files carry along are passed over,
// and so is the copy of a tied head.
func (l *loader) checkRest() error {
	for _, t := range l.file.Tensors() {
		buffer := t.Name == headName || strings.HasSuffix(t.Name, ".attn.bias") || strings.HasSuffix(t.Name, ".attn.masked_bias") ||
			strings.HasSuffix(t.Name, ".rotary_emb.inv_freq")
		if !l.used[t.Name] && !buffer {
			return fmt.Errorf("tensor %s, shape %v, has no place in this model", t.Name, t.Shape)
		}
	}
	return nil
}

func formatOf(t safetensors.DType) kernels.Format {
	switch t {
	case safetensors.F16:
		return kernels.Float16
	case safetensors.BF16:
		return kernels.BFloat16
	default:
		return kernels.Float32
	}
}
