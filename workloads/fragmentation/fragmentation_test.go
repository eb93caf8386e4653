package fragmentation

import (
	"io"
	"math"
	"math/rand/v2"
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
		Optional:  []string{"external_fragmentation_ratio", "largest_free_bytes", "free_blocks_count"},
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

// A counting allocator knows how old its heap is.
type counting struct {
	allocator
	allocs int
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
		if err := i.begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		filled := c.allocs
		i.lives = 0 // the same life again
		rows(t, i)
		ages = append(ages, c.allocs-2*filled)
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
			i.lives = 0 // the same life again, so that nothing has to grow
			if err := i.Sample(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		sample()
		if n := testing.AllocsPerRun(5, sample); n > 2 { // the generator's source
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
