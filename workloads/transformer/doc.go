// Package transformer runs a decoder-only language model on batches, one after the other or as requests arrive.
//
// The model is one of the engine's shapes with random weights, in dtype; packed
// brings the weights into the order in which matrix products read them.
// The tokens are random. The phase says what is done with a batch:
//
//   - prefill: prompts of prompt_tokens each go through the model at once, their
//     keys and values into the cache, and the logits of the next token come out
//   - decode: one token more for each sequence, prompt_tokens being in the cache
//   - generate: prefill, then decode until each sequence has new_tokens new ones,
//     always the most likely token
//
// Without arrivals a sample is one full batch. All its requests begin and end
// together, so that latency_ms, the time of the batch, is what each of them sees.
//
// With poisson arrivals a sample is as many requests as the parameter says,
// which come at random times, rate_per_s on average, each with one prompt,
// whatever became of those before; when they come depends on demand_seed and
// the repetition alone, so that servers are compared on the same arrivals. They
// queue. When the model is idle and a request is there, the server waits for
// others until there are as many as batch, or until max_wait_ms have passed
// since the first of them came, then serves them together. Each request is a
// row: latency_ms counts from the time at which it was meant to come, and is
// queue_ms (until its batch begins, the wait for others included) plus
// service_ms (the batch), exactly; batch_size_count is how many were served
// together. lag_ms is how late the generator was, a part of queue_ms: a sleep
// ends some 0.1 ms late. A batch that has begun takes no one in; servers that
// do (continuous batching) queue less.
//
// memory_bytes counts weights, caches and all else that is alive at the peak, to
// the byte, cache_bytes the caches alone: of one batch, or with arrivals of one for
// each size up to batch, at which the model is then called. work_flops counts the
// matrix products of the batch by formula, causal attention by the keys that are
// seen. requests_per_s is the batch over its time, or with arrivals all requests
// over the time from the first intended arrival to the last answer, so that it is
// at most about rate_per_s. Each sample with arrivals begins with an empty queue:
// beyond what the server sustains, the latency depends on how many requests a
// sample has. Before anything is timed, sequences of a batch are compared with the
// same ones by themselves without a cache.
//
// Not measured: tokenizing, the network, and prompts of different lengths, which
// would have to be padded. That decode reads all weights for each step, so that a
// batch shares the reading, carries over to GPUs, as does the form of the curves;
// where throughput saturates does not: that is the ratio of arithmetic to
// bandwidth, which is far higher on a GPU, so that the knee lies at larger batches
// there. The weights of a small model fit the processor's cache, whose bandwidth
// is then the one that counts. A batch is not interrupted, it ends by itself.
package transformer
