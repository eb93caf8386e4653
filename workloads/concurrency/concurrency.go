package concurrency

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"

	"runx/internal/load"
	"runx/internal/tensor"
	"runx/internal/tensor/nn"
	"runx/workloads"
)

//go:embed doc.go
var source string

const (
	closed    = "closed"
	open      = "open"
	threads   = "threads"
	processes = "processes"
)

// Workload describes concurrency.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "concurrency",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{
			{Name: "loop", Kind: workloads.Enum, Enum: []string{closed, open}, Default: closed,
				Doc: "closed: a client waits for its answer; open: requests come at their own times"},
			{Name: "clients", Kind: workloads.Int, Unit: "clients", Default: 1, Min: new(1.0), Max: new(256.0),
				Doc: "requests under way at once in a closed loop; the servers of an open one where servers is 0"},
			{Name: "servers", Kind: workloads.Int, Unit: "servers", Default: 0, Min: new(0.0), Max: new(256.0),
				Doc: "requests served at once, the others wait; 0 is as many as clients"},
			{Name: "load", Kind: workloads.Float, Default: 0.5, Min: new(0.001), Max: new(4.0),
				Doc: "rate of an open loop as a share of what the servers manage, where rate_per_s is 0"},
			{Name: "rate_per_s", Kind: workloads.Float, Unit: "requests/s", Default: 0.0, Min: new(0.0), Max: new(1e6),
				Doc: "rate of an open loop; 0 is what load says"},
			{Name: "spin_us", Kind: workloads.Float, Unit: "us", Default: 0.0, Min: new(0.0), Max: new(1e6),
				Doc: "last stretch before a request of an open loop in which the generator spins instead of sleeping"},
			{Name: "execution", Kind: workloads.Enum, Enum: []string{threads, processes}, Default: threads,
				Doc: "servers are threads of one process, or processes"},
			{Name: "threads", Kind: workloads.Int, Unit: "threads", Default: 1, Min: new(1.0), Max: new(float64(tensor.MaxThreads)),
				Doc: "threads that compute one request"},
			{Name: "model", Kind: workloads.Enum, Enum: nn.Presets(), Default: "micro",
				Doc: "shape of the model"},
			{Name: "prompt_tokens", Kind: workloads.Int, Unit: "tokens", Default: 16, Min: new(1.0), Max: new(1024.0),
				Doc: "tokens of a prompt"},
			{Name: "new_tokens", Kind: workloads.Int, Unit: "tokens", Default: 4, Min: new(1.0), Max: new(1024.0),
				Doc: "tokens of an answer"},
			{Name: "requests", Kind: workloads.Int, Unit: "requests", Default: 64, Min: new(1.0), Max: new(1e6),
				Doc: "requests of one repetition"},
		},
		Metrics: []workloads.Metric{
			{Name: "queue_ms", Better: workloads.Lower, Doc: "from the intended time until a server begins"},
			{Name: "service_ms", Better: workloads.Lower, Doc: "from there to the answer"},
			{Name: "lag_ms", Better: workloads.Lower, Doc: "how late the request was sent, a part of queue_ms"},
			{Name: "requests_per_s", Better: workloads.Higher, Doc: "answers per second of the repetition"},
			{Name: "offered_per_s", Doc: "rate at which an open loop means to send; none in a closed one"},
			{Name: "little_error_ratio", Better: workloads.Lower, Doc: "how far the repetition is from Little's law"},
			{Name: "cores_count", Doc: "cores that the servers may use: those of the affinity of the process, or fewer where a quota grants fewer"},
			{Name: "answer_checksum", Doc: "CRC-32C of the last logits of the answer: one number for each prompt, whoever serves"},
			{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes of the weights, caches and activations of all servers, at their peaks"},
		},
		Check:    check,
		ManyRows: true,
		Open:     openInstance,
	}
}

// A setup is the parameters of a point.
type setup struct {
	Loop         string  `param:"loop"`
	Clients      int     `param:"clients"`
	Servers      int     `param:"servers"`
	Load         float64 `param:"load"`
	RatePerS     float64 `param:"rate_per_s"`
	SpinUS       float64 `param:"spin_us"`
	Execution    string  `param:"execution"`
	Threads      int     `param:"threads"`
	Model        string  `param:"model"`
	PromptTokens int     `param:"prompt_tokens"`
	NewTokens    int     `param:"new_tokens"`
	Requests     int     `param:"requests"`

	config nn.Config
}

func check(v workloads.Values) error {
	_, err := decode(v)
	return err
}

func decode(v workloads.Values) (s setup, err error) {
	if err := v.Decode(&s); err != nil {
		return s, err
	}
	if s.config, err = nn.Preset(s.Model); err != nil {
		return s, err
	}
	if n := s.PromptTokens + s.NewTokens; n > s.config.MaxSeqLen {
		return s, &workloads.Conflict{
			Params:  []string{"model", "prompt_tokens", "new_tokens"},
			Problem: fmt.Sprintf("prompt_tokens %d and new_tokens %d are more than the %d positions of %s", s.PromptTokens, s.NewTokens, s.config.MaxSeqLen, s.Model),
			Where:   fmt.Sprintf("prompt_tokens + new_tokens <= %d", s.config.MaxSeqLen),
		}
	}
	if s.Servers == 0 {
		s.Servers = s.Clients
	}
	return s, nil
}

// needs is about what the servers take, in bytes, rather more than less.
func (s *setup) needs() float64 {
	const floatBytes, panel = 4, 32
	c := s.config
	weights := float64(c.Parameters())
	length := float64(s.PromptTokens + s.NewTokens + panel)
	server := length*float64(2*c.Layers*c.Dim+4*c.HiddenDim+8*c.Dim) + float64(c.VocabSize) + 1<<18*float64(s.Threads)
	copies := 1.0
	if s.Execution == processes {
		copies = float64(s.Servers) + 1 // that which Verify holds them to
	}
	return floatBytes * (copies*weights + float64(s.Servers)*server)
}

// An instance has its servers, and the log of the load that they are under.
type instance struct {
	setup
	seed    uint64
	servers []server
	shared  *shared // of the servers that are threads; nil for processes
	gaps    *rand.Rand
	rate    float64 // of the open loop, requests per second
	cores   float64
	log     load.Log
	answers []uint32 // checksums of a repetition's, by number
	meter   *meter
}

func openInstance(ctx context.Context, env workloads.Env) (_ workloads.Instance, err error) {
	s, err := decode(env.Params)
	if err != nil {
		return nil, err
	}
	if err := workloads.RequireMemory(s.needs()); err != nil {
		return nil, err
	}
	i := &instance{
		setup:   s,
		seed:    env.Seed,
		gaps:    rand.New(rand.NewPCG(env.Seed, 1)),
		cores:   workloads.UsableCores(),
		answers: make([]uint32, s.Requests),
		meter:   newMeter(),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, i.Close())
		}
	}()
	if s.Execution == processes {
		err = i.openProcesses(ctx, env)
	} else {
		err = i.openThreads()
	}
	if err != nil {
		return nil, err
	}
	if err := i.withThreads(func() error { return i.findRate(ctx) }); err != nil {
		return nil, err
	}
	if s.Loop == open {
		fmt.Fprintf(env.Log, "%d servers are offered %.4g requests per second\n", len(i.servers), i.rate)
	}
	return i, nil
}

// openThreads makes the servers of this process.
func (i *instance) openThreads() error {
	var err error
	if i.shared, err = newShared(&i.setup, i.seed); err != nil {
		return err
	}
	for range i.Servers {
		s, err := newThread(&i.setup, i.shared)
		if err != nil {
			return err
		}
		i.servers = append(i.servers, s)
	}
	return nil
}

// openProcesses starts a process for each server.
func (i *instance) openProcesses(ctx context.Context, env workloads.Env) error {
	if env.Spawn == nil {
		return fmt.Errorf("a server cannot have a process of its own in this host: %w", workloads.ErrUnsupported)
	}
	for range i.Servers {
		s, err := newProcess(ctx, env)
		if err != nil {
			return fmt.Errorf("start server %d: %w", len(i.servers), err)
		}
		i.servers = append(i.servers, s)
	}
	return nil
}

// withThreads lets Go schedule at least as many threads as compute while op runs.
// It takes this back at once: other instances of the process need something else.
func (i *instance) withThreads(op func() error) error {
	if before, wanted := runtime.GOMAXPROCS(0), i.computing(); i.Execution == threads && before < wanted {
		runtime.GOMAXPROCS(wanted)
		defer runtime.GOMAXPROCS(before)
	}
	return op()
}

// computing are the threads of the servers, and one for who sends while all of
// them are busy: where every client has a server of its own, that one is idle.
func (s *setup) computing() int {
	n := s.Servers * s.Threads
	if s.Loop == open || s.Clients > s.Servers {
		n++
	}
	return n
}

func (i *instance) Close() error {
	var errs []error
	for _, s := range i.servers {
		errs = append(errs, s.close())
	}
	i.servers = nil
	errs = append(errs, i.meter.close())
	return errors.Join(errs...)
}
