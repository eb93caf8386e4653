package concurrency

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/internal/tensor/nn"
	"runx/workloads"
)

// prompts are how many different requests there are; a request's number decides
// which it is.
const prompts = 4

// A server serves one request at a time.
type server interface {
	// serve answers the request of a number. It returns the checksum of the last
	// logits, in which all tokens before had a part.
	serve(ctx context.Context, number int) (uint32, error)
	// usage adds what the server used since it was last asked.
	usage(*usage)
	close() error
}

// A shared is what servers of one process have in common: they only read it.
type shared struct {
	model   *nn.Model
	prompts [prompts][]int32
}

func newShared(s *setup, seed uint64) (*shared, error) {
	engine, err := tensor.NewEngine(1)
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	model, err := nn.NewModel(engine, tensor.NewArena(), s.config, nn.ModelOptions{Seed: seed, Format: kernels.Float32})
	if err != nil {
		return nil, err
	}
	sh := &shared{model: model}
	random := rand.New(rand.NewPCG(seed, 0))
	for n := range sh.prompts {
		sh.prompts[n] = make([]int32, s.PromptTokens)
		for t := range sh.prompts[n] {
			sh.prompts[n][t] = random.Int32N(int32(s.config.VocabSize))
		}
	}
	return sh, nil
}

// A thread is a server in this process.
type thread struct {
	*shared
	engine    *tensor.Engine
	arena     *tensor.Arena
	cache     *nn.Cache
	newTokens int
	bits      []byte // of the last logits
}

func newThread(s *setup, sh *shared) (*thread, error) {
	engine, err := tensor.NewEngine(s.Threads)
	if err != nil {
		return nil, err
	}
	t := &thread{shared: sh, engine: engine, arena: tensor.NewArena(), newTokens: s.NewTokens}
	t.cache, err = sh.model.NewCache(engine, t.arena, 1, s.PromptTokens+s.NewTokens)
	if err == nil {
		_, err = t.serve(context.Background(), 0) // what is made at first use, is made here
	}
	if err != nil {
		engine.Close()
		return nil, err
	}
	return t, nil
}

func (t *thread) serve(ctx context.Context, number int) (checksum uint32, err error) {
	if err := t.cache.Truncate(0); err != nil {
		return 0, err
	}
	pass := tensor.NewPass(t.engine, t.arena, tensor.PassOptions{})
	tokens := t.prompts[number%prompts]
	var next [1]int32
	for n := range t.newTokens {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		logits := t.model.Prefill(pass, tokens, 1, t.cache)
		if err := pass.Err(); err != nil {
			return 0, err
		}
		next[0] = mostLikely(logits.Data())
		if n == t.newTokens-1 {
			checksum = t.checksum(logits.Data())
		}
		pass.Free(logits)
		tokens = next[:]
	}
	return checksum, pass.Err()
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum tells logits apart by any bit.
func (t *thread) checksum(logits []float32) uint32 {
	t.bits = t.bits[:0]
	for _, x := range logits {
		t.bits = binary.LittleEndian.AppendUint32(t.bits, math.Float32bits(x))
	}
	return crc32.Checksum(t.bits, castagnoli)
}

func mostLikely(logits []float32) int32 {
	best := 0
	for n, x := range logits {
		if x > logits[best] {
			best = n
		}
	}
	return int32(best)
}

func (t *thread) usage(u *usage) { u.memoryBytes += float64(t.arena.PeakBytes()) }

func (t *thread) close() error {
	t.engine.Close()
	return nil
}

// A process is a server that is an instance with one client in a process of its
// own.
type process struct {
	instance workloads.Instance
	recorder *workloads.Recorder
	columns  columns
	used     usage
}

func newProcess(ctx context.Context, env workloads.Env) (*process, error) {
	params := make(workloads.Values, len(env.Params))
	for name, v := range env.Params {
		params[name] = v
	}
	params["loop"], params["clients"], params["servers"] = closed, 1, 1
	params["execution"], params["requests"] = threads, 1
	child, err := env.Spawn(ctx, params)
	if err != nil {
		return nil, err
	}
	p := &process{instance: child, recorder: workloads.NewRecorder(Workload(), nil, new(workloads.Monitor))}
	p.columns = columnsOf(p.recorder.Names())
	if _, err := p.serve(ctx, 0); err != nil {
		return nil, errors.Join(err, child.Close())
	}
	return p, nil
}

// serve has the process do the repetition of the number, which is one request.
func (p *process) serve(ctx context.Context, number int) (checksum uint32, err error) {
	p.recorder.Reset()
	p.recorder.SetRep(number)
	if err := p.instance.Sample(ctx, p.recorder); err != nil {
		return 0, err
	}
	rows, err := p.recorder.Rows()
	if err != nil {
		return 0, err
	}
	if len(rows) != 1 {
		return 0, fmt.Errorf("a server answered one request with %d rows", len(rows))
	}
	values := rows[0].Values
	p.used.add(p.columns, values)
	return uint32(values[p.columns.answer]), nil
}

// usage keeps what it takes of memory: it may serve nothing until it is asked again.
func (p *process) usage(u *usage) {
	u.merge(p.used)
	clear(p.used.summed[:])
}

func (p *process) close() error { return p.instance.Close() }
