package kvcache

import (
	"context"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/workloads"
	"runx/workloads/workloadtest"
)

func openInstance(given workloads.Values) (workloads.Instance, error) {
	w := Workload()
	values := workloadtest.Values(w, given)
	return w.Open(context.Background(), workloads.Env{Params: values, Seed: 1, Log: io.Discard})
}

func measure(t rapid.TB, params workloads.Values) map[string]float64 {
	t.Helper()
	i, err := openInstance(params)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	if v, ok := i.(workloads.Verifier); ok {
		if err := v.Verify(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return workloadtest.Rows(t, Workload(), i)[0]
}

// What is published of these models: 2 * layers * kv_heads * head_dim * 2 bytes
// a token in half precision, as vLLM and the models' papers have it; for
// DeepSeek-V3 (arXiv 2412.19437) 576 numbers a layer.
func TestPublishedBytesPerToken(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]float64{
		"gpt2-xl":         300 << 10,
		"llama-2-7b":      512 << 10,
		"llama-3.1-8b":    128 << 10,
		"llama-3.1-70b":   320 << 10,
		"falcon-7b":       8 << 10,
		"mistral-7b-v0.1": 128 << 10,
		"gemma-2-9b":      336 << 10,
		"deepseek-v3":     70_272,
	} {
		got := measure(t, workloads.Values{"model": model, "dtype": "bf16"})
		if got["token_bytes"] != want {
			t.Errorf("%s: %v bytes a token, want %v", model, got["token_bytes"], want)
		}
		if got["cache_bytes"] != 1024*want {
			t.Errorf("%s: %v bytes for 1024 tokens, want %v", model, got["cache_bytes"], 1024*want)
		}
	}
}

// A window of 4096 tokens bounds the cache of Mistral, and half of Gemma's.
func TestWindowsBoundTheCache(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]float64{
		"mistral-7b-v0.1": 4096 * 128 << 10,
		"gemma-2-9b":      (4096 + 32768) * 168 << 10,
	} {
		for _, block := range []int{0, 16} {
			got := measure(t, workloads.Values{"model": model, "seq_len": 32768, "block_tokens": block})
			if got["cache_bytes"] != want {
				t.Errorf("%s, blocks of %d: %v bytes, want %v", model, block, got["cache_bytes"], want)
			}
			// While the window slides one block more is in use.
			if most := want * (1 + 16.0/4096); got["reserved_bytes"] < want || got["reserved_bytes"] > most {
				t.Errorf("%s, blocks of %d: %v bytes reserved, want %v to %v", model, block, got["reserved_bytes"], want, most)
			}
		}
	}
}

// 64 GiB hold 512 requests of 1024 tokens of 128 KiB, and as many as fit
// entirely where the last one does not.
func TestBudgetByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		block, budget int
		fit, oom      float64
	}{
		{0, 64 << 30, 512, 0.488},
		{16, 64 << 30, 512, 0.488},
		{16, 64<<30 - 1, 511, 0.489},
		{0, 1, 0, 1},
	} {
		got := measure(t, workloads.Values{"concurrency": 1000, "block_tokens": c.block, "budget_bytes": c.budget})
		if got["max_concurrency_count"] != c.fit || math.Abs(got["oom_ratio"]-c.oom) > 1e-12 {
			t.Errorf("%+v: %v requests fit, %v do not", c, got["max_concurrency_count"], got["oom_ratio"])
		}
	}
}

// What is written is what the formula says, for any model and any lengths; what
// is reserved is at least that; and paging wastes less than a page a table.
func TestPlansMeetTheFormula(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		params := workloads.Values{
			"model":        rapid.SampledFrom(models()).Draw(t, "model"),
			"dtype":        rapid.SampledFrom([]string{"fp32", "fp16", "int8"}).Draw(t, "dtype"),
			"lengths":      rapid.SampledFrom([]string{full, uniform}).Draw(t, "lengths"),
			"seq_len":      rapid.IntRange(1, 10_000).Draw(t, "seq_len"),
			"concurrency":  rapid.IntRange(1, 20).Draw(t, "concurrency"),
			"block_tokens": rapid.SampledFrom([]int{0, 1, 7, 16, 5000, 20_000}).Draw(t, "block_tokens"),
			"budget_bytes": 1 << 30,
		}
		got := measure(t, params)
		if got["cache_bytes"] != got["predicted_bytes"] {
			t.Errorf("%v: %v bytes written, %v by formula", params, got["cache_bytes"], got["predicted_bytes"])
		}
		if got["reserved_bytes"] < got["cache_bytes"] {
			t.Errorf("%v: %v bytes reserved for %v", params, got["reserved_bytes"], got["cache_bytes"])
		}
		block, requests := params["block_tokens"].(int), params["concurrency"].(int)
		// A page is part empty at its end, and one or two at the side of a window.
		most := got["cache_bytes"] + 3*float64(block*requests)*got["token_bytes"]
		if block > 0 && got["reserved_bytes"] > most {
			t.Errorf("%v: %v bytes reserved, want at most %v", params, got["reserved_bytes"], most)
		}
	})
}

// No page belongs to two requests, what is freed is handed out again before
// anything new, and a table holds the blocks that its window sees.
func TestPagesNeverOverlap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.SampledFrom([]int{0, 1, 5, 64}).Draw(t, "window")
		block := rapid.IntRange(1, 20).Draw(t, "block_tokens")
		var p pages
		owner := map[int64]int{}
		for request := range rapid.IntRange(1, 10).Draw(t, "requests") {
			tokens := rapid.IntRange(1, 300).Draw(t, "tokens")
			var held table
			held.grow(&p, tokens, window, block)
			for _, page := range held.pages() {
				if other, taken := owner[page]; taken {
					t.Fatalf("page %d belongs to requests %d and %d", page, other, request)
				}
				owner[page] = request
			}
			first := 0
			if window > 0 {
				first = max(0, tokens-window) / block
			}
			if want := (tokens-1)/block - first + 1; len(held.pages()) != want {
				t.Fatalf("%d pages for %d tokens, want %d", len(held.pages()), tokens, want)
			}
			if live := int(p.next) - len(p.freed); live != len(owner) {
				t.Fatalf("%d pages are said to be in use, %d are", live, len(owner))
			}
		}
		for page := range owner {
			p.give(page)
		}
		most := p.next
		for range most {
			p.take()
		}
		if p.next != most {
			t.Errorf("%d pages were freed, but not all found again", most)
		}
	})
}

// While it slides, a window of 5 tokens never holds a sixth; in pages of 4 it
// touches three at most where it begins inside the first.
func TestWindowsGiveBackOnTheWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		window, block int
		peak          int64
	}{{5, 1, 5}, {5, 4, 2}, {6, 4, 3}, {1, 4, 1}} {
		var p pages
		var held table
		held.grow(&p, 1000, c.window, c.block)
		if p.next != c.peak {
			t.Errorf("window of %d in pages of %d: %d pages at once, want %d", c.window, c.block, p.next, c.peak)
		}
	}
}

// Reserving for the longest request wastes half of the memory where lengths are
// uniform, since their mean is half.
func TestReservingWastesHalf(t *testing.T) {
	t.Parallel()
	params := workloads.Values{"lengths": uniform, "concurrency": 10_000}
	if got := measure(t, params)["waste_ratio"]; math.Abs(got-0.5) > 0.02 {
		t.Errorf("contiguous: %v wasted, want a half", got)
	}
	params["block_tokens"] = 16
	if got, want := measure(t, params)["waste_ratio"], 7.5/(512+8); math.Abs(got-want) > 0.002 {
		t.Errorf("pages: %v wasted, want half a page, %v", got, want)
	}
}

// Lengths depend on the repetition and the demand's seed alone: points that are
// compared plan for the same requests, and an instance that is opened again
// goes on with others.
func TestLengthsAreCommon(t *testing.T) {
	t.Parallel()
	cached := func(rep int, given workloads.Values) float64 {
		w := Workload()
		params := workloads.Values{"lengths": uniform, "concurrency": 10}
		maps.Copy(params, given)
		i, err := openInstance(params)
		if err != nil {
			t.Fatal(err)
		}
		defer i.Close()
		r := workloads.NewRecorder(w, nil, &workloads.Monitor{})
		r.SetRep(rep)
		if err := i.Sample(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		rows, err := r.Rows()
		if err != nil {
			t.Fatal(err)
		}
		return rows[0].Values[slices.Index(r.Names(), "cache_bytes")]
	}
	first := cached(3, nil)
	for _, same := range []workloads.Values{nil, {"block_tokens": 16}, {"budget_bytes": 1 << 20}} {
		if got := cached(3, same); got != first {
			t.Errorf("%v: %v bytes in the cache, want %v", same, got, first)
		}
	}
	if got := cached(4, nil); got == first {
		t.Errorf("two repetitions have %v bytes", got)
	}
	if got := cached(3, workloads.Values{"demand_seed": 2}); got == first {
		t.Errorf("two demands have %v bytes", got)
	}
}

// The engine's cache is what its layout says, to the byte, wherever panels are
// filled up.
func TestMeasuredIsPredicted(t *testing.T) {
	t.Parallel()
	for _, params := range []workloads.Values{
		{"model": "nano", "seq_len": 1},
		{"model": "nano", "seq_len": 33, "concurrency": 3},
		{"model": "micro", "seq_len": 64, "concurrency": 2},
		{"model": "micro", "seq_len": 65},
	} {
		params["mode"], params["dtype"] = measured, "fp32"
		got := measure(t, params)
		if got["cache_bytes"] != got["predicted_bytes"] {
			t.Errorf("%v: %v bytes counted, %v predicted", params, got["cache_bytes"], got["predicted_bytes"])
		}
		if got["waste_ratio"] < 0 || got["waste_ratio"] >= 1 {
			t.Errorf("%v: %v wasted", params, got["waste_ratio"])
		}
	}
	// 64 positions and heads of 32 are whole panels everywhere: 4 layers of 2
	// heads of 32, keys and values, 64 tokens, 4 bytes.
	got := measure(t, workloads.Values{"mode": measured, "dtype": "fp32", "model": "micro", "seq_len": 64})
	if want := 4.0 * 2 * 32 * 2 * 64 * 4; got["cache_bytes"] != want || got["waste_ratio"] != 0 {
		t.Errorf("%v bytes with %v wasted, want %v and nothing", got["cache_bytes"], got["waste_ratio"], want)
	}
}

func TestVerifyFindsWrongLogits(t *testing.T) {
	t.Parallel()
	i, err := openInstance(workloads.Values{"mode": measured, "dtype": "fp32", "model": "nano", "seq_len": 20})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	d := i.(*decoding)
	d.ids[3]++ // not what the cache has seen
	d.ids[3] %= int32(d.config.VocabSize)
	if err := d.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "logits with the cache are off by") {
		t.Errorf("error %v, want that the logits are off", err)
	}
}
