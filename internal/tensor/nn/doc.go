// Package nn builds decoder-only language models of the operations of package
// tensor: GPT-2 and the Llama family, in the shapes of published models or any
// other.
//
// The way of the data, in steps:
//
//  1. A Config is the shape of a model; Preset returns published ones, with the
//     numbers of parameters that their authors state.
//  2. NewModel fills the weights at random from a seed, Load reads them from a
//     safetensors file or maps it. Model.Pack brings the matrices into the order
//     in which the products read them. Model.Save writes them out.
//  3. Model.Forward computes the logits of all tokens, for training: it can be
//     differentiated through. Model.Prefill and Model.Decode compute the logits
//     of the next token, with a Cache of keys and values or without one.
//     Model.Generate and a Sampler make text of them. Model.Embed, Blocks and
//     Logits are the parts of which these consist.
//  4. All of them compute on a tensor.Pass. A model is only read, so that several
//     requests can use one at once, each with a pass, an arena and a cache of its
//     own. Only a pass with gradients writes: to the gradients of a trainable
//     model.
//
// Shapes are [batch, seq, dim] for activations and [out, in] for the matrix of a
// linear layer, as the published files have it. Token ids are int32, from 0 to
// below Config.VocabSize, sequence after sequence.
package nn
