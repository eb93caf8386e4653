// Package linear computes one linear layer on the embedded engine: random input times a weight.
//
// One sample is y = x*wᵀ in float32 for x of [batch, seq_len, dim] and w of
// [out_dim, dim]: what each projection of a transformer computes, and most of
// what a model's time goes to. Both are standard normal and come from the seed,
// the weight divided by sqrt(dim). Rows of the result are compared with float64
// before anything is timed.
//
// With weight: plain the matrix lies as a framework keeps it, row after row, and
// each call brings it into the order in which the kernels read; with packed
// that is done once, before anything is timed. It matters for few rows and is
// lost in the noise for many.
//
// memory_bytes counts the tensors to the byte, at the moment when most are
// alive: 4 * (rows*dim + rows*out_dim + dim*out_dim) with rows = batch *
// seq_len; a packed weight is padded to whole panels of the kernels. So memory
// is linear in batch and in seq_len as long as the weight is small beside the
// tokens, and between linear and quadratic in dim. It leaves out the scratch of
// the kernels, up to 8 MiB. work_flops counts an addition and a multiplication
// for each product of elements, 2 * rows * dim * out_dim. peak_rss_bytes is
// what the whole process took.
//
// Not measured: a bias, the backward pass, half precision, reading the input
// from elsewhere. That the work is the product of all four sizes, and the bytes
// of the tensors, carry over to PyTorch and to GPUs; so does the form of the
// curve, rising rates that saturate. Where they saturate does not: here some
// hundred rows fill the kernels of one core, a GPU wants thousands. A sample is
// not interrupted, it ends by itself. It allocates one small object on the Go
// heap, the header of the result.
package linear
