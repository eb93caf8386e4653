package fragmentation

import (
	"errors"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"runx/workloads"
	"runx/workloads/workloadtest"
)

func TestMain(m *testing.M) { workloadtest.Main(m, Workload()) }

// It is not parallel: the suite counts goroutines and allocations.
func TestConforms(t *testing.T) {
	workloadtest.Run(t, workloadtest.Suite{
		Workload: Workload(),
		Params:   workloads.Values{"heap_bytes": minHeap, "age_count": 500, "window_count": 100},
		Cases: []workloads.Values{
			{"windows": 3, "allocator": firstFit, "lifetime": generational},
			{"occupancy": 0.99, "allocator": buddyName, "sizes": lognormal, "age_count": 0},
		},
		Refused: []workloads.Values{{"heap_bytes": minHeap + 1}, {"windows": 1000}},
		Slow:    workloads.Values{"age_count": 1_000_000_000},
		Seeded: []string{
			"iterations_count", "failed_count", "external_fragmentation_ratio", "internal_fragmentation_ratio",
			"largest_free_bytes", "free_blocks_count", "live_bytes",
		},
		Optional:  []string{"searched_count", "external_fragmentation_ratio", "largest_free_bytes", "free_blocks_count"},
		Allocates: "the allocator go is the runtime's heap",
	})
}

func openInstance(t testing.TB, given workloads.Values) *instance {
	t.Helper()
	w := Workload()
	i, err := w.Open(t.Context(), workloads.Env{Params: workloadtest.Values(w, given), Seed: 1, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.Close() })
	return i.(*instance)
}

// rows are the metrics of one sample by name.
func rows(t testing.TB, i *instance) []map[string]float64 {
	t.Helper()
	return workloadtest.Rows(t, Workload(), i)
}

// The windows are where they are said to be, the heap is as full as was asked,
// and what a row says of the heap hangs together.
func TestRowsDescribeTheHeap(t *testing.T) {
	t.Parallel()
	for _, name := range []string{firstFit, bestFit, buddyName, caching} {
		i := openInstance(t, workloads.Values{
			"allocator": name, "heap_bytes": minHeap, "occupancy": 0.5, "age_count": 1000, "windows": 5, "window_count": 100, "sizes": lognormal,
		})
		all := rows(t, i)
		if len(all) != 5 {
			t.Fatalf("%s: %d rows, want 5", name, len(all))
		}
		for n, row := range all {
			if want := float64(250 * n); row["iterations_count"] != want {
				t.Errorf("%s: row %d is at %v allocations, want %v", name, n, row["iterations_count"], want)
			}
			if live := row["live_bytes"] / minHeap; live > 0.5 || live < 0.5-maxSize/float64(minHeap) {
				t.Errorf("%s: row %d: %v of the heap is live, want 0.5", name, n, live)
			}
			allotted := row["live_bytes"] / (1 - row["internal_fragmentation_ratio"])
			external := 1 - row["largest_free_bytes"]/(minHeap-allotted)
			if math.Abs(external-row["external_fragmentation_ratio"]) > 1e-9 {
				t.Errorf("%s: row %d: external fragmentation %v, want %v", name, n, row["external_fragmentation_ratio"], external)
			}
			if p50, p99 := row["alloc_p50_ns"], row["alloc_p99_ns"]; p50 <= 0 || p99 < p50 {
				t.Errorf("%s: row %d: p50 %v, p99 %v", name, n, p50, p99)
			}
		}
	}
}

// A full heap in which nothing was freed has its free memory in one piece, if
// blocks are cut from one end; afterwards it has not.
func TestDecayIsSeenFromTheStart(t *testing.T) {
	t.Parallel()
	for _, name := range []string{firstFit, bestFit} {
		all := rows(t, openInstance(t, workloads.Values{
			"allocator": name, "heap_bytes": minHeap, "occupancy": 0.75, "age_count": 2000, "windows": 2, "window_count": 100, "sizes": uniform,
		}))
		young, old := all[0], all[1]
		if young["external_fragmentation_ratio"] != 0 || young["free_blocks_count"] != 1 {
			t.Errorf("%s: the young heap: %v", name, young)
		}
		if old["external_fragmentation_ratio"] < 0.1 || old["searched_count"] <= young["searched_count"] {
			t.Errorf("%s: the old heap: %v", name, old)
		}
	}
}

// What is asked of a heap depends on the demand's seed and the repetition, not on
// the allocator, the point's seed or what was sampled before.
func TestDemandIsCommon(t *testing.T) {
	t.Parallel()
	asked := func(params workloads.Values, seed uint64, reps ...int) []request {
		all := workloads.Values{"heap_bytes": minHeap, "occupancy": 0.3, "lifetime": generational, "age_count": 300, "window_count": 100}
		maps.Copy(all, params)
		w := Workload()
		opened, err := w.Open(t.Context(), workloads.Env{Params: workloadtest.Values(w, all), Seed: seed, Log: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		defer opened.Close()
		i := opened.(*instance)
		witness := &witness{allocator: i.allocator, sizes: map[handle]int64{}}
		i.allocator = witness
		r := workloads.NewRecorder(w, nil, &workloads.Monitor{})
		for _, rep := range reps {
			r.Reset()
			r.SetRep(rep)
			if err := i.Sample(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		return witness.seen
	}
	want := asked(workloads.Values{"allocator": firstFit}, 1, 3)
	for _, c := range []struct {
		what   string
		params workloads.Values
		reps   []int
		same   bool
	}{
		{"another allocator", workloads.Values{"allocator": bestFit}, []int{3}, true},
		{"after other lives", workloads.Values{"allocator": caching}, []int{0, 0, 1, 3}, true},
		{"another repetition", workloads.Values{"allocator": firstFit}, []int{2}, false},
		{"another seed of the demand", workloads.Values{"allocator": firstFit, "demand_seed": 2}, []int{3}, false},
	} {
		if got := asked(c.params, 2, c.reps...); slices.Equal(got, want) != c.same {
			t.Errorf("%s: the same %d and %d requests: %v, want %v", c.what, len(got), len(want), !c.same, c.same)
		}
	}
}

// A witness writes down the requests of a life and, as far as they succeeded, the
// deaths.
type witness struct {
	allocator
	seen  []request
	sizes map[handle]int64
}

type request struct {
	size int64
	dies bool
}

func (w *witness) reset() {
	w.seen, w.sizes = nil, map[handle]int64{}
	w.allocator.reset()
}

func (w *witness) alloc(size int64) handle {
	h := w.allocator.alloc(size)
	w.sizes[h] = size
	w.seen = append(w.seen, request{size: size})
	return h
}

func (w *witness) free(h handle) error {
	w.seen = append(w.seen, request{size: w.sizes[h], dies: true})
	return w.allocator.free(h)
}

// A counting allocator knows how old its heap is.
type counting struct {
	allocator
	allocs int
}

func (c *counting) reset() {
	c.allocs = 0
	c.allocator.reset()
}

func (c *counting) alloc(size int64) handle {
	c.allocs++
	return c.allocator.alloc(size)
}

// The windows are part of a heap's age: with five of them, or with one, its last
// one comes after as many allocations.
func TestWindowsAgeTheHeap(t *testing.T) {
	t.Parallel()
	var ages []int
	for _, windows := range []int{1, 5} {
		i := openInstance(t, workloads.Values{"heap_bytes": minHeap, "age_count": 1000, "windows": windows, "window_count": 100})
		c := &counting{allocator: i.allocator}
		i.allocator = c
		if err := i.begin(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		filled := c.allocs
		rows(t, i)
		ages = append(ages, c.allocs-filled)
	}
	if want := 1000 + 2*100; ages[0] != want || ages[1] != want {
		t.Errorf("the heap has seen %v allocations since it was full, want %d", ages, want)
	}
}

// Only the go heap's allocator may allocate; what an address space needs is kept
// from one life to the next.
func TestSteadySamplesAllocateNothing(t *testing.T) {
	for _, name := range []string{firstFit, bestFit, buddyName, caching} {
		i := openInstance(t, workloads.Values{"allocator": name, "heap_bytes": minHeap, "age_count": 200, "window_count": 100})
		r := workloads.NewRecorder(Workload(), nil, &workloads.Monitor{})
		sample := func() {
			r.Reset()
			if err := i.Sample(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		sample()
		if n := testing.AllocsPerRun(5, sample); n > 0 {
			t.Errorf("%s: a sample makes %v allocations", name, n)
		}
	}
}

func TestVerifyFindsWrongLayouts(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*bestFitHeap, handle, handle){
		"the next one begins": func(f *bestFitHeap, a, b handle) { f.all[a].addr = f.all[b].addr },
		"was allotted for":    func(f *bestFitHeap, a, _ handle) { f.all[a].size = 1 },
		"the allocator says":  func(f *bestFitHeap, _, _ handle) { f.allotted++ },
	} {
		i := openInstance(t, workloads.Values{"allocator": bestFit, "heap_bytes": minHeap})
		if err := i.Verify(t.Context()); err != nil {
			t.Fatal(err)
		}
		var live []handle
		for _, h := range i.placed {
			if h != 0 {
				live = append(live, h)
			}
		}
		spoil(i.allocator.(*bestFitHeap), live[0], live[1])
		if err := i.checkLayout(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// The demand frees what it allocated, once, and never wants more than the target.
func TestDemandKeepsToItsTarget(t *testing.T) {
	t.Parallel()
	for _, lifetime := range lifetimes {
		const target = 10 << 20
		size, err := sizesOf(uniform)
		if err != nil {
			t.Fatal(err)
		}
		d := demand{size: size, target: target, aged: lifetime == generational}
		d.reset(1, 0)
		live, bytes := map[int32]int64{}, int64(0)
		for _, o := range d.fill(1000) {
			live[o.slot] = int64(o.size)
			bytes += int64(o.size)
		}
		if bytes != d.bytes || bytes > target || len(live) < 5 || len(d.fill(1)) > 0 {
			t.Errorf("%s: filled with %d bytes in %d tensors, the target is %d", lifetime, bytes, len(live), target)
		}
		for range 20 {
			for _, o := range d.next(500) {
				before, ok := live[o.slot]
				if ok != (o.size == 0) {
					t.Fatalf("%s: slot %d is in use: %v, the operation has the size %d", lifetime, o.slot, ok, o.size)
				}
				if delete(live, o.slot); o.size > 0 {
					live[o.slot] = int64(o.size)
				}
				if bytes += int64(o.size) - before; bytes > target {
					t.Fatalf("%s: %d bytes are live, the target is %d", lifetime, bytes, target)
				}
			}
		}
		if bytes != d.bytes || bytes < target-2<<20 {
			t.Errorf("%s: %d bytes are live, the demand says %d of %d", lifetime, bytes, d.bytes, target)
		}
	}
}

// However full the heap is to be, the sizes are the same.
// The least target that is admitted has room for the largest tensor.
func TestLeastTargetHoldsTheLargest(t *testing.T) {
	t.Parallel()
	for _, lifetime := range lifetimes {
		given := workloads.Values{
			"heap_bytes": minHeap, "occupancy": 0.125, "lifetime": lifetime, "age_count": 1000, "window_count": 100,
		}
		i := openInstance(t, given)
		i.demand.size = func(*rand.Rand) int64 { return maxSize }
		if got := len(workloadtest.Rows(t, Workload(), i)); got != 1 {
			t.Errorf("%s: %d rows", lifetime, got)
		}
		given["occupancy"] = 0.12
		if _, ok := errors.AsType[*workloads.Conflict](Workload().Check(workloadtest.Values(Workload(), given))); !ok {
			t.Errorf("%s: a target that the largest tensor exceeds is not refused", lifetime)
		}
	}
}

func TestSizesDoNotDependOnTheTarget(t *testing.T) {
	t.Parallel()
	sizes := func(target int64) (drawn []int32) {
		d := demand{size: activation, target: target}
		d.reset(1, 0)
		for _, o := range append(slices.Clone(d.fill(50)), d.next(500)...) {
			if o.size > 0 {
				drawn = append(drawn, o.size)
			}
		}
		return drawn
	}
	if a, b := sizes(10<<20), sizes(100<<20); !slices.Equal(a[:500], b[:500]) {
		t.Errorf("the sizes are %v... and %v...", a[:20], b[:20])
	}
}

// Means by formula: of 512..2^20 uniformly, of a lognormal that is clipped where
// only a thousandth of its mass lies, of the twelve powers.
func TestSizesHaveTheirMean(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]float64{
		uniform:   (512 + 1<<20) / 2.0,
		lognormal: 16 << 10 * math.Exp(1.5*1.5/2),
		bimodal:   0.9*(10<<10) + 0.1*(2.5*(1<<20)),
		powers:    512 * 4095 / 12.0,
	} {
		size, err := sizesOf(name)
		if err != nil {
			t.Fatal(err)
		}
		random, sum := rand.New(rand.NewPCG(1, 2)), 0.0
		const n = 400_000
		for range n {
			sum += float64(size(random))
		}
		if mean := sum / n; math.Abs(mean/want-1) > 0.02 {
			t.Errorf("%s: the mean is %.0f, want %.0f", name, mean, want)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		if s := activation(random); s < 24 || s > maxSize || s%2 != 0 {
			t.Fatalf("an activation of %d bytes", s)
		}
	}
}
