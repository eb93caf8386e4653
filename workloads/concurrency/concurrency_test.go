package concurrency

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"runx/workloads"
	"runx/workloads/workloadtest"
)

func TestMain(m *testing.M) { workloadtest.Main(m, Workload()) }

var small = workloads.Values{"model": "nano", "prompt_tokens": 4, "new_tokens": 2, "requests": 12}

// It is not parallel: the suite counts goroutines.
func TestConformance(t *testing.T) {
	params := maps.Clone(small)
	params["clients"] = 3
	workloadtest.Run(t, workloadtest.Suite{
		Workload: Workload(),
		Params:   params,
		Cases: []workloads.Values{
			{"servers": 1},
			{"threads": 2},
			{"loop": open, "load": 0.3},
			{"loop": open, "rate_per_s": 2000.0, "servers": 1, "spin_us": 100.0},
			{"loop": open, "execution": processes, "load": 0.5},
		},
		Refused: []workloads.Values{
			{"model": "nano", "prompt_tokens": 250, "new_tokens": 7},
		},
		Slow:          workloads.Values{"requests": 500_000, "prompt_tokens": 64},
		Optional:      []string{"offered_per_s"},
		Untried:       []string{"model"},
		Dimensionless: []string{"answer_checksum"},
		Allocates:     "the clients and servers of a repetition are goroutines of its own, and the engine makes the headers of tensors",
	})
}

func openPoint(t *testing.T, given workloads.Values, spawn func(context.Context, workloads.Values) (workloads.Instance, error)) (*instance, error) {
	t.Helper()
	values := workloadtest.Values(Workload(), nil)
	maps.Copy(values, small)
	maps.Copy(values, given)
	i, err := Workload().Open(t.Context(), workloads.Env{Params: values, Seed: 1, Log: io.Discard, Spawn: spawn})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
	return i.(*instance), nil
}

// rowsOf are the rows of one repetition by metric.
func rowsOf(t *testing.T, i *instance) []map[string]float64 {
	t.Helper()
	return workloadtest.Rows(t, Workload(), i)
}

// Each request is a row, and a latency is nothing but waiting and service.
func TestEachRequestIsARow(t *testing.T) {
	for _, given := range []workloads.Values{
		{"clients": 4},
		{"clients": 4, "servers": 1},
		{"loop": open, "load": 0.5},
		{"loop": open, "rate_per_s": 1e5},
	} {
		i, err := openPoint(t, given, nil)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		rows := rowsOf(t, i)
		if len(rows) != 12 {
			t.Fatalf("%v: %d rows, want 12", given, len(rows))
		}
		cpu, most := 12*rows[0]["cpu_ms"], float64(runtime.NumCPU())*milliseconds(i.log.Epoch().Sub(begun)+i.log.Elapsed())
		if cpu > 1.5*most+5 { // false where the system does not tell
			t.Errorf("%v: %v ms of CPU time, the machine has %v", given, cpu, most)
		}
		for _, row := range rows {
			if sum := row["queue_ms"] + row["service_ms"]; math.Abs(sum-row["latency_ms"]) > 1e-6 {
				t.Errorf("%v: queue %v and service %v make %v", given, row["queue_ms"], row["service_ms"], row["latency_ms"])
			}
			if row["cores_count"] <= 0 || row["cores_count"] > float64(runtime.NumCPU()) {
				t.Errorf("%v: %v cores of %d", given, row["cores_count"], runtime.NumCPU())
			}
			if row["service_ms"] <= 0 || row["lag_ms"] < 0 || row["lag_ms"] > row["queue_ms"] {
				t.Errorf("%v: %v", given, row)
			}
			if isOpen := given["loop"] == open; isOpen == math.IsNaN(row["offered_per_s"]) {
				t.Errorf("%v: offered_per_s is %v", given, row["offered_per_s"])
			}
		}
	}
}

// A sleeper is a server of which the time that it takes is known.
type sleeper time.Duration

func (s sleeper) serve(context.Context, int) (uint32, error) {
	time.Sleep(time.Duration(s))
	return 0, nil
}
func (sleeper) usage(*usage) {}
func (sleeper) close() error { return nil }

// With one server and four clients, three are waiting while one is served. The
// clock moves only while all sleep.
func TestClientsWaitForTheirServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i, err := openPoint(t, workloads.Values{"clients": 4, "servers": 1, "requests": 20}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := i.servers[0].close(); err != nil {
			t.Fatal(err)
		}
		i.servers[0] = sleeper(10 * time.Millisecond)
		for n, row := range rowsOf(t, i) {
			if want := 10 * float64(min(n, 3)); row["queue_ms"] != want || row["service_ms"] != 10 {
				t.Errorf("request %d waits %v ms and is served in %v ms, want %v and 10", n, row["queue_ms"], row["service_ms"], want)
			}
		}
	})
}

// What cannot be kept up with is a queue that grows, and its wait counts.
func TestOverloadIsSeenInTheWait(t *testing.T) {
	i, err := openPoint(t, workloads.Values{"loop": open, "rate_per_s": 1e5, "requests": 200}, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, i)
	early, late := 0.0, 0.0
	for n := range 50 {
		early += rows[n]["queue_ms"]
		late += rows[len(rows)-1-n]["queue_ms"]
	}
	if late < 2*early {
		t.Errorf("the last fifty requests wait %.3g ms together, the first %.3g ms; want a queue that grows", late, early)
	}
	if got, offered := rows[0]["requests_per_s"], rows[0]["offered_per_s"]; offered != 1e5 || got > offered/1.5 {
		t.Errorf("%.4g answers per second of %.4g that were offered, want that they are not kept up with", got, offered)
	}
}

// A load of one is what the servers manage.
func TestLoadIsAShareOfTheCapacity(t *testing.T) {
	t.Parallel()
	manage, err := openPoint(t, workloads.Values{"clients": 4, "servers": 2, "requests": 200}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, share := range []float64{0.01, 4} {
		i, err := openPoint(t, workloads.Values{"loop": open, "clients": 2, "load": share}, nil)
		if err != nil {
			t.Fatal(err)
		}
		capacity := rowsOf(t, manage)[0]["requests_per_s"]
		if got := i.rate / share; got < capacity/8 || got > 8*capacity {
			t.Errorf("load %v: a capacity of %.4g/s is assumed, %.4g/s are managed", share, got, capacity)
		}
	}
}

// Arrivals are Poisson: gaps have the mean that the rate says and the deviation
// of the exponential distribution, which is the mean. They depend on the seed, and
// no two repetitions have the same.
func TestArrivals(t *testing.T) {
	t.Parallel()
	const rate, n = 50.0, 20_000
	gaps := func() (g [2][n]float64) {
		i, err := openPoint(t, workloads.Values{"loop": open, "rate_per_s": rate}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for repetition := range g {
			loop := i.openLoop()
			for k := range g[repetition] {
				g[repetition][k] = loop.Gap().Seconds()
			}
		}
		return g
	}
	g := gaps()
	for _, one := range g {
		var sum, squares float64
		for _, x := range one {
			sum += x
			squares += x * x
		}
		mean := sum / n
		if deviation := math.Sqrt(squares/n - mean*mean); math.Abs(mean*rate-1) > 0.03 || math.Abs(deviation*rate-1) > 0.05 {
			t.Errorf("gaps of %.4f s on average, deviation %.4f s; want %.4f s both", mean, deviation, 1/rate)
		}
	}
	if g[0] == g[1] {
		t.Error("two repetitions have the same arrivals")
	}
	if gaps() != g {
		t.Error("the same seed gives other arrivals")
	}
}

func TestVerifyFindsAWrongThread(t *testing.T) {
	i, err := openPoint(t, workloads.Values{"clients": 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := *i.shared
	for n := range other.prompts {
		other.prompts[n] = []int32{1, 2, 3, int32(n)}
	}
	for _, s := range i.servers[1:] {
		s.(*thread).shared = &other
	}
	if err := i.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "server 1 of 3: the answer to prompt 0 is not") {
		t.Errorf("two of three servers answer other prompts: error %v", err)
	}
}

// A process gives the answers that a thread gives. One with other weights does
// not, at whichever of its requests it is asked.
func TestVerifyFindsAWrongProcess(t *testing.T) {
	for _, wrong := range []bool{false, true} {
		opened := uint64(0)
		spawn := func(ctx context.Context, v workloads.Values) (workloads.Instance, error) {
			env := workloads.Env{Params: v, Seed: 1, Log: t.Output()}
			if opened++; wrong && opened == 3 {
				env.Seed = 2
			}
			return Workload().Open(ctx, env)
		}
		i, err := openPoint(t, workloads.Values{"execution": processes, "clients": 3, "requests": 7}, spawn)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			err := i.Verify(t.Context())
			if !wrong && err != nil {
				t.Fatal(err)
			}
			if wrong && (err == nil || !strings.Contains(err.Error(), "server 2 of 3: the answer to prompt")) {
				t.Errorf("one of three processes has other weights: error %v", err)
			}
			rowsOf(t, i)
		}
	}
}

// Requests take turns with the prompts, from one repetition to the next, and the
// same prompt has the same answer however it is served.
func TestAnswersByPrompt(t *testing.T) {
	t.Parallel()
	var known map[float64]bool
	for _, given := range []workloads.Values{
		{"requests": 6},
		{"requests": 6, "clients": 3},
		{"requests": 6, "clients": 3, "loop": open, "rate_per_s": 1e4},
		{"requests": 6, "execution": processes},
		{"requests": 6, "execution": processes, "clients": 3},
	} {
		i, err := openPoint(t, given, spawnHere(t))
		if err != nil {
			t.Fatal(err)
		}
		var sums []float64
		r := workloads.NewRecorder(Workload(), nil, new(workloads.Monitor))
		column := columnsOf(r.Names()).answer
		for repetition := range 2 {
			r.Reset()
			r.SetRep(repetition)
			if err := i.Sample(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			rows, err := r.Rows()
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				sums = append(sums, row.Values[column])
			}
		}
		found := map[float64]bool{}
		for n, sum := range sums {
			found[sum] = true
			if n >= prompts && sum != sums[n-prompts] {
				t.Errorf("%v: the answer to request %d is not that to request %d", given, n, n-prompts)
			}
		}
		if len(found) != prompts {
			t.Errorf("%v: %d different answers to %d prompts", given, len(found), prompts)
		}
		if known == nil {
			known = found
		}
		if !maps.Equal(known, found) {
			t.Errorf("%v: the answers are not those of %v", given, workloads.Values{"requests": 6})
		}
	}
}

// Threads share the weights, processes have copies.
func TestMemoryOfServers(t *testing.T) {
	memory := func(execution string, clients int) float64 {
		i, err := openPoint(t, workloads.Values{"execution": execution, "clients": clients}, spawnHere(t))
		if err != nil {
			t.Fatal(err)
		}
		return rowsOf(t, i)[0]["memory_bytes"]
	}
	one, three := memory(threads, 1), memory(threads, 3)
	weights := 4 * float64(nanoParameters)
	if per := (three - one) / 2; one-per != weights {
		t.Errorf("a server takes %.0f bytes, one with its weights %.0f: want weights of %.0f", per, one, weights)
	}
	if got := memory(processes, 3); got != 3*one {
		t.Errorf("three processes take %.0f bytes, one server with its weights takes %.0f", got, one)
	}
}

// nanoParameters is the size of nano that its description states.
const nanoParameters = 132_864

// spawnHere opens what a process would have in this one.
func spawnHere(t *testing.T) func(context.Context, workloads.Values) (workloads.Instance, error) {
	return func(ctx context.Context, v workloads.Values) (workloads.Instance, error) {
		return Workload().Open(ctx, workloads.Env{Params: v, Seed: 1, Log: t.Output()})
	}
}

// A witness is a server that looks how many threads Go schedules.
type witness struct{ procs *atomic.Int64 }

func (w witness) serve(context.Context, int) (uint32, error) {
	w.procs.Store(int64(runtime.GOMAXPROCS(0)))
	return 0, nil
}
func (witness) usage(*usage) {}
func (witness) close() error { return nil }

// While a point is sampled every server has a thread to compute on, and who sends
// has one where all servers may be busy. What other points of the process need,
// and whether they are still open, changes nothing.
func TestThreadsOfGo(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	var procs atomic.Int64
	at := func(given workloads.Values) *instance {
		i, err := openPoint(t, given, nil)
		if err != nil {
			t.Fatal(err)
		}
		for n, s := range i.servers {
			if err := s.close(); err != nil {
				t.Fatal(err)
			}
			i.servers[n] = witness{&procs}
		}
		return i
	}
	n := before + 1
	points := []*instance{
		at(workloads.Values{"clients": 1}),
		at(workloads.Values{"clients": n, "threads": 2}),
		at(workloads.Values{"clients": 3 * n, "servers": n}),
		at(workloads.Values{"loop": open, "clients": n, "rate_per_s": 1e5}),
	}
	for k, want := range []int{before, 2 * n, n + 1, n + 1} {
		if rowsOf(t, points[k]); procs.Load() != int64(want) {
			t.Errorf("point %d: Go computes on %d threads, want %d", k, procs.Load(), want)
		}
		if got := runtime.GOMAXPROCS(0); got != before {
			t.Errorf("after point %d Go computes on %d threads, want %d as before", k, got, before)
		}
		if err := points[k].Close(); err != nil {
			t.Error(err)
		}
	}
}

// Every server of a point is a process of its own with one client, and all are
// closed with the point.
func TestProcesses(t *testing.T) {
	var opened, closed atomic.Int64
	spawn := func(ctx context.Context, v workloads.Values) (workloads.Instance, error) {
		if v["execution"] != threads || v["clients"] != 1 || v["requests"] != 1 || v["model"] != "nano" {
			return nil, fmt.Errorf("spawned with %v", v)
		}
		child, err := spawnHere(t)(ctx, v)
		opened.Add(1)
		return &counted{Instance: child, closed: &closed}, err
	}
	i, err := openPoint(t, workloads.Values{"execution": processes, "clients": 3}, spawn)
	if err != nil {
		t.Fatal(err)
	}
	if rows := rowsOf(t, i); len(rows) != 12 || rows[0]["cpu_ms"] <= 0 && !math.IsNaN(rows[0]["cpu_ms"]) {
		t.Errorf("%d rows: %v", len(rows), rows[0])
	}
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	if opened.Load() != 3 || closed.Load() != 3 {
		t.Errorf("%d were opened and %d closed, want 3", opened.Load(), closed.Load())
	}
}

type counted struct {
	workloads.Instance
	closed *atomic.Int64
}

func (c *counted) Close() error {
	c.closed.Add(1)
	return c.Instance.Close()
}

// A costly instance says of each request that it took a second of CPU time.
type costly struct{ workloads.Instance }

func (c costly) Sample(ctx context.Context, r *workloads.Recorder) error {
	own := workloads.NewRecorder(Workload(), nil, new(workloads.Monitor))
	own.SetRep(r.Rep())
	if err := c.Instance.Sample(ctx, own); err != nil {
		return err
	}
	rows, err := own.Rows()
	if err != nil {
		return err
	}
	rows[0].Values[slices.Index(own.Names(), "cpu_ms")] = 1000
	return r.Append(rows[0])
}

// A repetition counts its own requests, not those of Verify and of the search for
// a rate, and the memory of a process that serves none of them.
func TestUsageOfProcesses(t *testing.T) {
	spawn := func(ctx context.Context, v workloads.Values) (workloads.Instance, error) {
		child, err := spawnHere(t)(ctx, v)
		return costly{child}, err
	}
	i, err := openPoint(t, workloads.Values{"execution": processes, "clients": 2, "requests": 1, "loop": open}, spawn)
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	memory := 0.0
	for n := range 3 {
		row := rowsOf(t, i)[0]
		if row["cpu_ms"] < 1000 || row["cpu_ms"] > 1500 { // false where the system does not tell
			t.Errorf("repetition %d took %v ms of CPU time, want 1000 and what the sender takes", n, row["cpu_ms"])
		}
		if memory == 0 {
			memory = row["memory_bytes"]
		}
		if row["memory_bytes"] != memory || memory < 2*4*nanoParameters {
			t.Errorf("repetition %d: %v bytes of two processes, want %v", n, row["memory_bytes"], memory)
		}
	}
}

func TestProcessesThatCannotBe(t *testing.T) {
	_, err := openPoint(t, workloads.Values{"execution": processes}, nil)
	if !errors.Is(err, workloads.ErrUnsupported) {
		t.Errorf("without a way to start processes: error %v, want that it is unsupported", err)
	}
	boom := errors.New("no more processes")
	if _, err := openPoint(t, workloads.Values{"execution": processes}, func(context.Context, workloads.Values) (workloads.Instance, error) {
		return nil, boom
	}); !errors.Is(err, boom) {
		t.Errorf("error %v, want %v", err, boom)
	}
}
