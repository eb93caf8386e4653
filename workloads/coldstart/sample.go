package coldstart

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"runx/workloads"
)

// An instance is a process that has not loaded its model yet.
type instance struct {
	config config
	file   string
	ids    []int32
	launch *launched // nil once a sample has told of it, and where nothing is known
	server server
}

// launched are the stages before anything can be asked of the process.
type launched struct{ spawn, init, handshake time.Duration }

func (l *launched) total() time.Duration { return l.spawn + l.init + l.handshake }

// launchStages cuts the time from the wish for the process to its first request
// into stages. The host may find out that the program runs later than the
// program does.
func launchStages(l workloads.Launch, entered time.Time) *launched {
	if l.IsZero() {
		return nil
	}
	running := l.Running
	if running.After(l.Serving) {
		running = l.Serving
	}
	return &launched{spawn: running.Sub(l.Asked), init: l.Serving.Sub(running), handshake: entered.Sub(l.Serving)}
}

func (i *instance) drawPrompt(seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	for n := range i.ids {
		i.ids[n] = int32(r.IntN(i.config.shape.VocabSize))
	}
}

// Sample starts cold, as far as the process still can, and answers.
func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	if err := i.server.close(); err != nil {
		return err
	}
	cached, err := i.setPageCache()
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	i.server.threads = i.config.Threads
	var s stages
	if err := r.MeasureOnce(func() error { return i.start(&s) }); err != nil {
		return err
	}
	steady, err := i.steady(ctx)
	if err != nil {
		return err
	}
	i.record(r, &s, cached, steady)
	return nil
}

// stages are the times between the stages of a start, and the page faults of
// the process until then.
type stages struct {
	begin, loaded, prepared, answered time.Time
	faults                            [4]faults // at each of them
}

// start is what a sample times.
func (i *instance) start(s *stages) error {
	s.faults[0], s.begin = readFaults(), time.Now()
	if err := i.server.load(i.file, i.config.LoadBy); err != nil {
		return err
	}
	s.faults[1], s.loaded = readFaults(), time.Now()
	if err := i.server.prepare(len(i.ids)); err != nil {
		return err
	}
	s.faults[2], s.prepared = readFaults(), time.Now()
	if err := i.server.infer(i.ids); err != nil {
		return err
	}
	s.answered, s.faults[3] = time.Now(), readFaults()
	return nil
}

// steady is what a later inference takes.
func (i *instance) steady(ctx context.Context) (time.Duration, error) {
	times := make([]time.Duration, i.config.Steady)
	for n := range times {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		begin := time.Now()
		if err := i.server.infer(i.ids); err != nil {
			return 0, err
		}
		times[n] = time.Since(begin)
	}
	return settled(times), nil
}

// settled is the median of the later half of the times.
func settled(times []time.Duration) time.Duration {
	later := slices.Sorted(slices.Values(times[len(times)/2:]))
	return (later[(len(later)-1)/2] + later[len(later)/2]) / 2
}

// record makes a row of which the stages add up to the latency.
func (i *instance) record(r *workloads.Recorder, s *stages, cached float64, steady time.Duration) {
	total := s.answered.Sub(s.begin)
	if l := i.launch; l != nil {
		total += l.total()
		r.Set("stage_spawn_ms", milliseconds(l.spawn))
		r.Set("stage_init_ms", milliseconds(l.init))
		r.Set("stage_handshake_ms", milliseconds(l.handshake))
		i.launch = nil
	}
	r.SetLatency(total)
	r.Set("stage_weights_ms", milliseconds(s.loaded.Sub(s.begin)))
	r.Set("stage_prepare_ms", milliseconds(s.prepared.Sub(s.loaded)))
	r.Set("stage_first_ms", milliseconds(s.answered.Sub(s.prepared)))
	r.Set("steady_ms", milliseconds(steady))
	r.Set("penalty_ms", milliseconds(total-steady))
	r.Set("weights_bytes", float64(i.server.model.Bytes()))
	r.Set("cached_ratio", cached)
	r.Set("weights_minor_faults_count", s.faults[1].minor-s.faults[0].minor)
	r.Set("weights_major_faults_count", s.faults[1].major-s.faults[0].major)
	r.Set("first_minor_faults_count", s.faults[3].minor-s.faults[2].minor)
	r.Set("first_major_faults_count", s.faults[3].major-s.faults[2].major)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Close gives the model back.
func (i *instance) Close() error { return i.server.close() }

// faults are page faults of this process so far; NaN where the system does not
// tell.
type faults struct{ minor, major float64 }
