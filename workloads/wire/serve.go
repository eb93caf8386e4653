package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"time"

	"runx/workloads"
)

// stopGrace is how long a workload may go on after the host has gone.
const stopGrace = time.Second

// flushBytes is the size from which rows are sent before all are there.
const flushBytes = 1 << 20

// errHostGone is the cause of the end of a sample whose host has gone.
var errHostGone = errors.New("the host has gone")

// A Service is what is served.
type Service struct {
	Workloads []workloads.Workload
	// Log takes what a person may want to read.
	Log io.Writer
	// Self is the command that starts this service in another process, which
	// workloads do who spawn others of their kind; nil: they cannot.
	Self []string
}

// Serve answers a host until in ends, which is how a host says goodbye, or
// until the context does. It returns nil at the end of in, and does not wait
// longer than a second for a workload that does not heed its context: the
// process is expected to exit then. A goroutine that reads from in stays until
// in ends.
//
// Only protocol may go to out. A process that serves on its stdout therefore
// keeps stray prints of a workload away from it, and heeds SIGTERM, which it
// gets when its host is killed:
//
//	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
//	defer stop()
//	out := os.Stdout
//	os.Stdout = os.Stderr
//	err := wire.Serve(ctx, os.Stdin, out, wire.Service{Workloads: suite.All(), Log: os.Stderr})
func Serve(ctx context.Context, in io.Reader, out io.Writer, service Service) error {
	serving := time.Now()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &server{
		out: out, log: service.Log, workloads: service.Workloads, self: service.Self, serving: serving,
		instances: map[int64]*session{}, monitor: workloads.NewMonitor(),
	}
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		cancel(readLines(ctx, in, lines))
	}()
	done := make(chan error, 1)
	go func() { done <- s.serve(ctx, lines) }()

	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(stopGrace):
		return fmt.Errorf("stop serving: the workload still runs %v after the end: %w", stopGrace, context.Cause(ctx))
	}
}

// readLines hands each line over when the one before it has been answered. It
// returns why it ended.
func readLines(ctx context.Context, in io.Reader, lines chan<- []byte) error {
	reader := newLineReader(in)
	for {
		line, err := reader.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return errHostGone
			}
			return fmt.Errorf("read a request: %w", err)
		}
		select {
		case lines <- append([]byte(nil), line...):
		case <-ctx.Done():
			return nil
		}
	}
}

// A server is the state of one Serve.
type server struct {
	out, log  io.Writer
	workloads []workloads.Workload
	self      []string
	serving   time.Time // when that began
	instances map[int64]*session
	monitor   *workloads.Monitor
	rows      []byte // encoded rows that wait for a reply, each with a comma before it
}

// A session is one open instance.
type session struct {
	instance workloads.Instance
	recorder *workloads.Recorder
}

func (s *server) serve(ctx context.Context, lines <-chan []byte) error {
	defer s.closeAll()
	for line := range lines {
		var q request
		if err := json.Unmarshal(line, &q); err != nil {
			return errors.Join(fmt.Errorf("a request is not of the protocol: %w", err),
				s.reply(q.ID, nil, invalid("the request is not of the protocol: %v", err)))
		}
		a, err := s.answer(ctx, &q)
		if err := s.reply(q.ID, a, err); err != nil {
			return unlessHostGone(ctx, err)
		}
	}
	return unlessHostGone(ctx, context.Cause(ctx))
}

// unlessHostGone is err, or nil where the host left, which is no error.
func unlessHostGone(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errHostGone) {
		return nil
	}
	return err
}

func (s *server) closeAll() {
	for id, session := range s.instances {
		if err := s.guard(func() error { return session.instance.Close() }); err != nil {
			fmt.Fprintf(s.log, "close instance %d: %v\n", id, err)
		}
	}
	if err := s.monitor.Close(); err != nil {
		fmt.Fprintf(s.log, "close the monitor: %v\n", err)
	}
}

// guard turns a panic of a workload into an error, with the stack in the log.
func (s *server) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(s.log, "panic: %v\n%s", p, debug.Stack())
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

func (s *server) reply(id int64, a *answer, err error) error {
	r := reply{ID: id, OK: a}
	if err != nil {
		r.OK, r.Error = nil, remote(err)
	}
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode a reply: %w", err)
	}
	return s.write(append(line, '\n'))
}

func (s *server) write(line []byte) error {
	if _, err := s.out.Write(line); err != nil {
		return fmt.Errorf("write a reply: %w", err)
	}
	return nil
}

func (s *server) answer(ctx context.Context, q *request) (*answer, error) {
	switch q.Type {
	case typeHello:
		return s.hello(q)
	case typeOpen:
		return s.open(ctx, q)
	case typeVerify, typeSample, typeClose:
	default:
		return nil, &RemoteError{Unsupported, fmt.Sprintf("requests of type %q are not supported", q.Type)}
	}
	session, ok := s.instances[q.Instance]
	if !ok {
		return nil, invalid("instance %d is not open", q.Instance)
	}
	switch q.Type {
	case typeVerify:
		return &answer{}, s.verify(ctx, session)
	case typeSample:
		return s.sample(ctx, q, session)
	}
	delete(s.instances, q.Instance)
	return &answer{}, s.guard(session.instance.Close)
}

func (s *server) hello(q *request) (*answer, error) {
	if q.Version != Version {
		return nil, invalid("the host speaks version %d of the protocol, this worker version %d", q.Version, Version)
	}
	a := &answer{Version: Version}
	if q.Describe {
		a.Workloads = s.workloads
	}
	return a, nil
}

func (s *server) open(ctx context.Context, q *request) (*answer, error) {
	if _, taken := s.instances[q.Instance]; taken || q.Instance < 1 {
		return nil, invalid("open needs the number of an instance that is not open, got %d", q.Instance)
	}
	w, err := s.workload(q.Workload)
	if err != nil {
		return nil, err
	}
	values, err := complete(w, q.Params)
	if err != nil {
		return nil, err
	}
	seed, err := strconv.ParseUint(q.Seed, 10, 64)
	if err != nil {
		return nil, invalid("seed: %v", err)
	}
	env := workloads.Env{
		Params: values, Extracts: q.Extracts, Seed: seed, Log: s.log, Dir: q.Dir, Launch: s.launched(q.Launch),
	}
	if len(s.self) > 0 {
		env.Spawn = Spawner(Command{Argv: s.self, Log: s.log, Known: s.workloads}, w.Name, env)
	}
	var instance workloads.Instance
	if err := s.guard(func() (err error) { instance, err = w.Open(ctx, env); return err }); err != nil {
		return nil, err
	}
	recorder := workloads.NewRecorder(*w, q.Extracts, s.monitor)
	s.instances[q.Instance] = &session{instance, recorder}
	_, verifies := instance.(workloads.Verifier)
	return &answer{Columns: columnsOf(recorder.Names()), Verifies: verifies}, nil
}

// launched adds to what the host knows when this process began to serve.
func (s *server) launched(l *launch) workloads.Launch {
	if l == nil {
		return workloads.Launch{}
	}
	return workloads.Launch{Asked: time.Unix(0, l.Asked), Running: time.Unix(0, l.Running), Serving: s.serving}
}

func (s *server) workload(name string) (*workloads.Workload, error) {
	for i := range s.workloads {
		if s.workloads[i].Name == name {
			return &s.workloads[i], nil
		}
	}
	return nil, invalid("workload %q is unknown", name)
}

// complete checks the parameters and gives them the Go types of their kinds.
func complete(w *workloads.Workload, given params) (workloads.Values, error) {
	values := make(workloads.Values, len(given))
	for name, v := range given {
		p, declared := w.Param(name)
		if !declared && !w.FreeParams {
			return nil, invalid("workload %q has no parameter %q", w.Name, name)
		}
		if declared {
			checked, err := p.Check(v)
			if err != nil {
				return nil, invalid("parameter %q: %v", name, err)
			}
			v = checked
		}
		values[name] = v
	}
	for _, p := range w.Params {
		if _, ok := values[p.Name]; ok {
			continue
		}
		if p.Default == nil {
			return nil, invalid("parameter %q is missing", p.Name)
		}
		values[p.Name] = p.Default
	}
	return values, nil
}

func (s *server) verify(ctx context.Context, session *session) error {
	v, ok := session.instance.(workloads.Verifier)
	if !ok {
		return &RemoteError{Unsupported, "the workload cannot verify"}
	}
	return s.guard(func() error { return v.Verify(ctx) })
}

// sample answers with the last of the rows, after those that would have made
// one reply too long, and those before a sample that failed.
func (s *server) sample(ctx context.Context, q *request, session *session) (*answer, error) {
	if q.N < 1 {
		return nil, invalid("sample needs n of at least 1, got %d", q.N)
	}
	s.rows = s.rows[:0]
	for n := range q.N {
		r := session.recorder
		r.Reset()
		r.SetRep(q.Rep + n)
		err := s.guard(func() error { return session.instance.Sample(ctx, r) })
		if err == nil {
			err = s.addRows(q.ID, r)
		}
		if err != nil {
			return nil, errors.Join(s.flush(q.ID), err)
		}
	}
	return &answer{Rows: s.takeRows()}, nil
}

func (s *server) addRows(id int64, r *workloads.Recorder) error {
	rows, err := r.Rows()
	if err != nil {
		return err
	}
	for i := range rows {
		if len(s.rows) >= flushBytes {
			if err := s.flush(id); err != nil {
				return err
			}
		}
		s.rows = append(s.rows, ',')
		s.rows = appendRow(s.rows, &rows[i])
	}
	return nil
}

// takeRows returns the rows that wait as an array.
func (s *server) takeRows() json.RawMessage {
	if len(s.rows) == 0 {
		return nil
	}
	array := append(s.rows, ']')
	array[0] = '['
	s.rows = s.rows[:0]
	return array
}

// flush sends the rows that wait, if any, before the last reply.
func (s *server) flush(id int64) error {
	if len(s.rows) == 0 {
		return nil
	}
	return s.reply(id, &answer{Rows: s.takeRows(), More: true}, nil)
}
