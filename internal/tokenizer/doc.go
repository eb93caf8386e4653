// Package tokenizer turns text into token ids and back by byte-pair encoding:
// R. Sennrich et al., "Neural Machine Translation of Rare Words with Subword
// Units", arXiv 1508.07909 (2016), on bytes as in GPT-2 (A. Radford et al.,
// "Language Models are Unsupervised Multitask Learners", 2019).
//
// The way of the data, in steps:
//
//  1. Text is split into words as GPT-2 does: letters, digits or other signs,
//     each with the space before them, contractions, and white space. A pair
//     never reaches over the end of a word.
//  2. Train begins with the 256 bytes as tokens and adds, again and again, the
//     most frequent pair of neighbours in the words of a text as a new token.
//  3. An Encoder splits a word into bytes and joins neighbours in the order in
//     which Train found their pairs.
//  4. AppendText writes the bytes of each id. Any bytes come back as they were,
//     text or not.
//
// The ids 0 to 255 are the bytes themselves, 256 and up the pairs in the order
// of training. An id that the vocabulary lacks, as a model with a larger one can
// pick it, becomes the replacement character U+FFFD.
package tokenizer
