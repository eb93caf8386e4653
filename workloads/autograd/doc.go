// Package autograd computes a stack of decoder blocks without gradients, recording for them, or with them.
//
// The stack is depth blocks as GPT-2 has them (layer norm, causal attention of
// heads heads, layer norm, an MLP four times as wide with GELU, biases), each
// dim wide, with random weights. Its input is standard normal, [batch, seq_len,
// dim], and its output is multiplied by another such tensor and averaged to one
// number, the loss, so that all modes compute the same forward pass:
//
//   - no_grad: nothing is recorded, a tensor goes as soon as it has been used
//   - grad: the tape records and keeps what the gradients would be computed
//     from, and nobody asks for them: the price of a forgotten no_grad
//   - backward: the tape is gone through, and every parameter gets its gradient
//
// latency_ms is one forward pass, with the backward pass where that is the mode.
// Gradients are set to zero, and the tape is emptied, after the clock has
// stopped. memory_bytes counts all tensors to the byte at the moment when most
// are alive: parameters, inputs, gradients where there are any (from the first
// sample on, as in the second step of a training loop), what the tape keeps, and
// what an operation needs meanwhile. parameters_bytes is the part that the
// parameters have, activations_bytes what the tape keeps when the forward pass
// ends, nodes_count how many operations it has recorded; the last two are zero in
// no_grad and are counted once for a point, since they depend on its shapes alone.
//
// Before anything is timed the loss is compared with that of the other ways to
// compute it, and the gradient with the change of the loss along it.
//
// Not measured: the embeddings and the head of a model, an optimizer and its
// state, mixed precision, and gradient checkpointing. What is kept for a gradient
// is about what PyTorch keeps for the same operations (it frees it when the
// output dies, as here), so that memory over depth and batch carries over, on a
// GPU too. The ratio of backward to forward comes from the number of matrix
// products, two for each one of the forward pass, and carries over where these
// dominate; the cost of recording does not: it is the framework's own. A sample is
// not interrupted, it ends by itself.
package autograd
