package coldstart

import (
	"errors"
	"slices"

	"runx/internal/tensor"
	"runx/internal/tensor/nn"
)

// A server is a model with all that answers need.
type server struct {
	threads int
	arena   *tensor.Arena
	model   *nn.Model
	engine  *tensor.Engine
	cache   *nn.Cache
	pass    *tensor.Pass
}

// load is the stage of the weights.
func (s *server) load(file, how string) (err error) {
	s.arena = tensor.NewArena()
	s.model, err = nn.Load(s.arena, file, nn.LoadOptions{Mmap: how == mmap})
	return err
}

// prepare is the stage between the weights and the first inference.
func (s *server) prepare(tokens int) (err error) {
	if s.engine, err = tensor.NewEngine(s.threads); err != nil {
		return err
	}
	if s.cache, err = s.model.NewCache(s.engine, s.arena, 1, tokens); err != nil {
		return err
	}
	s.pass = tensor.NewPass(s.engine, s.arena, tensor.PassOptions{})
	return nil
}

// infer answers one request and drops the answer.
func (s *server) infer(ids []int32) error {
	s.pass.Free(s.model.Prefill(s.pass, ids, 1, s.cache))
	return errors.Join(s.pass.Err(), s.cache.Truncate(0))
}

// answer is infer with the logits.
func (s *server) answer(ids []int32) ([]float32, error) {
	logits := s.model.Prefill(s.pass, ids, 1, s.cache)
	if err := s.pass.Err(); err != nil {
		return nil, err
	}
	kept := slices.Clone(logits.Data())
	s.pass.Free(logits)
	return kept, s.cache.Truncate(0)
}

// close gives everything back. What is not there costs nothing.
func (s *server) close() error {
	var errs []error
	if s.cache != nil {
		errs = append(errs, s.cache.Free())
	}
	if s.engine != nil {
		s.engine.Close()
	}
	if s.model != nil {
		errs = append(errs, s.model.Free())
	}
	*s = server{threads: s.threads}
	return errors.Join(errs...)
}
