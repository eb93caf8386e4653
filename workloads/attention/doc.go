// Package attention computes scaled dot-product attention on the embedded engine, naive or tiled.
//
// One sample is softmax(q*kᵀ/sqrt(head_dim))*v in float32 over tensors
// [batch, heads, seq_len, head_dim] with head_dim = dim/heads; causal masks
// what comes later in the sequence. The inputs are standard normal and come
// from the seed.
//
// The algorithm naive does what eager PyTorch does, one operation after the
// other: the whole score tensor and the whole probability tensor, seq_len²
// each, exist in memory. The algorithm flash is FlashAttention (Dao et al.
// 2022, arXiv 2205.14135): tiles that stay in the cache, an online softmax, and
// memory linear in seq_len. Both give the same numbers up to rounding, which is
// verified on chosen rows against float64 before anything is timed.
//
// memory_bytes counts the tensors to the byte, at the moment when most are
// alive: q, k, v, the output, copies of k and v in the order that the kernels
// read, and what the algorithm needs in between. work_flops counts the two
// matrix products, 4 * batch * heads * pairs * head_dim with pairs = seq_len²,
// or seq_len * (seq_len+1) / 2 where causal: naive computes all the products
// even then, so its work_flops per second are lower. The softmax is not counted.
//
// Not measured: the projections to q, k and v, dropout, the backward pass, and
// half precision. A sample is not interrupted, it ends by itself.
//
// The exponents of latency and memory over seq_len carry over to PyTorch and to
// GPUs, where the same tensors have the same sizes: naive is the backend MATH
// of scaled_dot_product_attention, flash is FLASH_ATTENTION, and in 16 bits
// everything takes half the bytes. On a GPU the exponent of latency shows later:
// short sequences do not fill it, and launching its kernels costs the same for
// all of them. The latencies do not carry over, and neither does the ratio
// between the algorithms: scores that a core finds in its cache, at least
// in part, a GPU writes to its memory and reads back, so flash gains more there.
package attention
