// Package kvcache computes when the cache of keys and values eats the machine, and counts a real one.
//
// A decoder keeps, for each layer and each token so far, a key and a value.
// With mode: analytic one sample plans the caches of concurrency requests of a
// published model: which lengths they have (all seq_len, or uniform between 1
// and seq_len, drawn from demand_seed and the repetition, so that all points
// with as many requests plan for the same ones), and what an allocator takes
// for them. block_tokens: 0 is contiguous: each request gets room for seq_len
// tokens when it comes, as serving systems before vLLM did. Otherwise the
// memory is paged (W. Kwon et al., "Efficient Memory Management for Large
// Language Model Serving with PagedAttention", arXiv 2309.06180, 2023): blocks
// of so many tokens come from a free list when they are needed. A layer with a
// sliding window keeps the last tokens only, contiguous in a ring; paged,
// blocks that the window has left go back and are handed out again. Requests
// are taken in the same order until budget_bytes are full, which gives
// max_concurrency_count. Every page of every request is really taken from the
// list; nothing is a formula but predicted_bytes, which is there to be
// compared.
//
// With mode: measured the model is a model of the embedded engine with random
// weights. Its cache for concurrency sequences of seq_len tokens is filled, and
// a sample times one decode step, of the last token of each. cache_bytes is then
// what the cache added to the bytes that the engine's arena counts. The engine
// keeps float32 in the order of its kernels: keys in panels of positions, values
// in panels of columns, each rounded up to 32 (AVX-512), 16 (AVX2) or 4
// elements. predicted_bytes is this layout by formula, so that it meets
// cache_bytes to the byte; waste_ratio is the rounding. The logits are compared
// with those that the model gives without a cache, before anything is timed.
//
// latency_ms is the time to make the plan (analytic), or that of the decode step
// (measured): the two must not be compared. Shapes are those of the
// configuration files named beside them in the code.
//
// Not in it: weights and activations, which share the memory with the cache (so
// give budget_bytes what they leave), requests that end and make room, prefixes
// that requests share, preemption and swapping, the scales of quantised caches,
// and the split over several GPUs. Bytes per token and what paging saves carry
// over to any server that keeps the same tensors; a cache of MLA is counted as
// the compressed one that DeepSeek serves with, which not every framework does.
// The frontier is that of memory alone: a server may be too slow long before.
package kvcache
