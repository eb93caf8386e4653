package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"runx/workloads"
)

// roleVariable makes this test binary a worker of the kind that it names.
const roleVariable = "RUNX_WIRE_TEST_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	// Nothing that a test forgot to end lives for long.
	time.AfterFunc(2*time.Minute, func() { os.Exit(9) })
	if role == "serve" {
		out := os.Stdout
		os.Stdout = os.Stderr
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := Serve(ctx, os.Stdin, out, Service{Workloads: fakes(), Log: os.Stderr, Self: []string{os.Args[0]}}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	play(role)
}

// busy is what a worker or a workload logs before it does nothing more.
const busy = "busy"

// play is a worker that does one thing wrong.
func play(role string) {
	in := bufio.NewScanner(os.Stdin)
	hello := func() {
		in.Scan()
		fmt.Println(`{"id":1,"ok":{"version":1,"workloads":[{"name":"bad","doc":"It misbehaves.","params":[]}]}}`)
	}
	open := func() {
		hello()
		in.Scan()
		fmt.Println(`{"id":2,"ok":{"columns":["latency_ms"]}}`)
		in.Scan()
	}
	script, _ := strings.CutPrefix(role, "hello:")
	switch {
	case script != role:
		in.Scan()
		fmt.Println(script)
		in.Scan()
	case role == "silent":
		fmt.Fprintln(os.Stderr, busy)
		time.Sleep(time.Hour)
	case role == "stubborn":
		hello()
		for in.Scan() {
		}
		time.Sleep(time.Hour)
	case role == "die":
		open()
		fmt.Fprintln(os.Stderr, "Traceback (most recent call last):\nValueError: no such thing")
		os.Exit(3)
	case role == "linger":
		// A worker that takes a while to end after its output has ended.
		open()
		os.Stdout.Close()
		time.Sleep(2 * cancelGrace)
		os.Exit(5)
	case role == "quit":
		open()
	case role == "huge":
		open()
		os.Stdout.Write(bytes.Repeat([]byte("x"), maxLine+128<<10))
		in.Scan()
	case role == "badexit":
		hello()
		in.Scan()
		os.Exit(7)
	case role == "orphan":
		// A worker that leaves something running in its group.
		hello()
		child := exec.Command("sleep", "60")
		if err := child.Start(); err != nil {
			panic(err)
		}
		fmt.Fprintln(os.Stderr, child.Process.Pid)
		in.Scan()
	case strings.HasPrefix(role, "rows:"):
		open()
		fmt.Println(strings.TrimPrefix(role, "rows:"))
		in.Scan()
	}
}

// fakes are the workloads that the test worker serves.
func fakes() []workloads.Workload {
	return []workloads.Workload{{
		Name: "fake", Doc: "Fake records what it is told. It is for tests.",
		Params: []workloads.Param{
			{Name: "mode", Kind: workloads.String, Default: "plain", Doc: "what to do"},
			{Name: "count", Kind: workloads.Int, Default: 1, Doc: "rows per sample"},
			{Name: "level", Kind: workloads.Float, Default: 2.0, Doc: "the metric's value"},
			{Name: "flag", Kind: workloads.Bool, Default: true, Doc: "whether to verify well"},
		},
		FreeParams: true,
		ManyRows:   true,
		Metrics: []workloads.Metric{
			{Name: "level_count", Doc: "the parameter level plus the number of the sample"},
			{Name: "seed_count", Doc: "the seed's last 32 bits"},
		},
		Extracts: true,
		Open:     openFake,
	}, {
		Name: "plain", Doc: "Plain has nothing. It is for tests.",
		Open: func(context.Context, workloads.Env) (workloads.Instance, error) { return bare{}, nil },
	}}
}

type bare struct{}

func (bare) Sample(_ context.Context, r *workloads.Recorder) error {
	return r.MeasureOnce(func() error { return nil })
}
func (bare) Close() error { return nil }

type fake struct {
	env     workloads.Env
	samples int
}

func openFake(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	switch env.Params["mode"] {
	case "openfails":
		tell(env)
		return nil, errors.New("the disk is missing")
	case "unsupported":
		return nil, fmt.Errorf("needs AVX-1024: %w", workloads.ErrUnsupported)
	case "tells":
		tell(env)
	case "openpanics":
		panic("at the disco")
	}
	return &fake{env: env}, nil
}

func (f *fake) Verify(context.Context) error {
	if f.env.Params["flag"] == true {
		return nil
	}
	return errors.New("2 + 2 is 5")
}

func (f *fake) Close() error {
	fmt.Fprintln(f.env.Log, "closed")
	return nil
}

func (f *fake) Sample(ctx context.Context, r *workloads.Recorder) error {
	f.samples++
	switch f.env.Params["mode"] {
	case "failsthird":
		if f.samples == 3 {
			return errors.New("three is too many")
		}
	case "spawns":
		return spawnAndSample(ctx, f.env, r)
	case "nothing":
		return nil
	case "panics":
		panic("on the streets")
	case "exits":
		fmt.Fprintln(os.Stderr, "out of cheese")
		os.Exit(4)
	case "prints":
		fmt.Println("a stray print")
	case "waits":
		fmt.Fprintln(f.env.Log, busy)
		<-ctx.Done()
		return context.Cause(ctx)
	case "blocks":
		fmt.Fprintln(f.env.Log, busy)
		select {}
	}
	level := f.env.Params["level"].(float64) + float64(f.samples)
	if f.env.Params["mode"] == "reps" {
		level = float64(r.Rep())
	}
	for k := range f.env.Params["count"].(int) {
		r.SetLatency(time.Duration(k+1) * time.Millisecond)
		r.Set("level_count", level)
		r.Set("seed_count", float64(uint32(f.env.Seed)))
		for _, e := range f.env.Extracts {
			r.Set(e.Metric, math.Inf(1)) // what JSON cannot say becomes null
		}
		r.Next()
	}
	return nil
}
