// Package pipeline serves one text request on a language model and says where its time went.
//
// One sample is one request from JSON to JSON, as a server does it without the
// network: parse the request, tokenize the prompt, copy (take memory for the
// cache of keys and values, copy the token ids in, give the memory back at the
// end), then for the prompt at once and after that for every new token but the
// last: embed, attention and MLP of each layer, head, sample, detokenize; at the
// end serialize the answer. A half of a layer has its norm and its residual sum
// in it; the head has the last norm. Next tokens are drawn from the 40 best at
// temperature 0.8. The weights are random, in the shape of a published model or
// of one of our own and packed in dtype, so that the text is nonsense and its
// cost is not. The tokens are those of byte-pair merges that are learned from a
// text of 6 KB that the package carries, until no pair comes twice any more: at
// most 721 tokens. The head and the sampler go through all of the model's
// vocabulary; ids that the text has no token for become U+FFFD. Before
// anything is timed the tokens are compared with those of nn's own Generate.
//
// Each run of a stage is a span between two readings of the clock; stage_*_ms is
// the sum of a stage's spans. unaccounted_ms is the request less all spans: loops,
// checks, and the readings themselves, whose own cost is clock_ms: the number of
// readings times the median cost of one, measured beforehand. latency_ms contains
// it; ttft_ms is the time until the text of the first token is there, tpot_ms the
// mean time of each further one.
//
// The request is divided into three classes that add up to it. transfer_ms is
// copy, embed, and in each span of attention, MLP and head the time that its
// bytes (weights, the cache that is read and written, input and output) take at
// bandwidth_bytes_per_s, at most the span itself. compute_ms is the rest of these
// spans. overhead_ms is everything else. The bandwidth is what all threads reach
// together when they add up an array as large as the weights, of 128 MiB at most,
// so that weights that fit a cache are compared with that cache; it is the
// fastest reading within 50 ms. The division is a model: hardware moves and
// computes at the same time, so transfer_ms is what cannot be avoided at this
// bandwidth and compute_ms what better arithmetic could win.
//
// Every point keeps trace.json among its files: the last request as a Chrome
// trace (Trace Event Format), which ui.perfetto.dev, chrome://tracing and
// speedscope open.
//
// Not measured: the network, waiting for other requests, loading the model, and
// a tokenizer as large as a published one. What carries over to a GPU or
// PyTorch is the order: prefill is bound by arithmetic, decode by memory, and
// text handling is small unless the model is too. The shares do not: there
// launches of kernels and copies between devices take what is here overhead and
// copy.
package pipeline
