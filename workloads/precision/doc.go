// Package precision multiplies by weights kept in 32, 16 or 8 bits: what narrow storage buys, and what it costs.
//
// One sample is the last layer of a language model, y = x * wᵀ: x of [batch, dim],
// the weights of [outputs, dim], y the logits [batch, outputs]. The weights are
// drawn in float32 from a normal distribution of variance 1/dim, rounded to
// dtype and packed once in the order in which the product reads them, as
// inference libraries do. Inputs are standard normal, so logits are about
// standard normal too. A batch of 1 is what decoding does, a large batch is
// prefill.
//
// Storage is all that dtype changes. The kernels expand fp16, bf16 and int8 to
// float32 as they load and add up in float32; inputs stay in float32. What is
// gained is therefore memory and its bandwidth, never arithmetic: where memory is
// what a product waits for it gets faster by up to two with halves and four with
// int8, elsewhere not at all.
//
// int8 is symmetric and for weights alone: the weights of an output are integers
// from -127 to 127 and one scale in float32, the largest of them by 127. There are
// no groups within an output, no offsets, and outliers are not kept apart: one of
// them makes all steps of its output coarse. llama.cpp's Q8_0 has a scale in fp16
// for every 32 weights, and dynamic quantisation in PyTorch rounds the inputs to 8
// bits as well and multiplies integers.
//
// weights_bytes is what the weights take in storage, the scales of int8
// included. moved_bytes is what must pass between memory and processor at
// least, by formula: the weights once, x once, y once. memory_bytes counts all
// tensors of a sample to the byte. work_flops is 2 * batch * dim * outputs.
// limit_flops_per_s and limit_bytes_per_s are the roof above these (S. Williams
// et al., "Roofline", CACM 52, 2009), measured in the same process on the same
// number of threads before the first sample: the fastest product whose factors
// stay in the second-level cache, and the fastest sum over 64 MiB. They are
// limits as far as these kernels reach them, not data-sheet numbers; weights
// that fit into the last-level cache can rise above the roof.
//
// Accuracy is that of the same weights on probes other inputs, and depends on
// the seed and not on the batch. max_abs_error, relative_error (the length of the
// difference over the length of the result) and cosine compare 128 logits of up
// to 16 probes with float64 arithmetic on the weights before rounding.
// top1_agreement_ratio is the share of the probes whose largest logit is where
// float32 weights have it; for fp32 it is 1 by definition. Rounding to nearest
// changes a weight by a share of at most 2^-11 in fp16 and 2^-8 in bf16 (and
// where fp16 has no normal numbers, by at most 2^-25), and by at most half the
// scale of its output in int8. The stored weights of these outputs are held to
// that when they are made, and Verify holds each logit to the product of the
// stored weights, but for the rounding of float32.
//
// Not measured: activations in 16 or 8 bits, products or sums in these,
// outliers as trained weights have them, and errors that grow from layer to
// layer. Agreement depends on how far apart the largest logits are: it is that
// of random logits, not of a model that is sure of its next token. A large
// batch expands a weight once for up to 96 rows, while it multiplies.
//
// On a GPU the fewer bytes and the gain in decoding carry over; prefill does not:
// tensor cores multiply fp16, bf16 and int8 several times as fast as float32, so
// narrow numbers gain there too. The errors of rounding weights are those of the
// formats everywhere; PyTorch's half layers round inputs and outputs besides.
package precision
