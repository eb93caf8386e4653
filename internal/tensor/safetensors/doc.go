// Package safetensors reads and writes named tensors in the safetensors format
// (https://huggingface.co/docs/safetensors), the one that published model
// weights come in.
//
// A file is eight bytes with the length of the header (little endian), the
// header, and the data. The header is a JSON object: under each tensor's name
// its dtype, its shape, and where its data begin and end; under __metadata__ a
// map of strings. The data are little-endian, row-major, and lie one after the
// other without holes or overlaps.
//
// The way of the data, in steps:
//
//  1. Open reads the header and checks it against the length of the file. With
//     Options.Mmap the file is mapped into memory, and nothing else is read yet.
//  2. Tensor.Float32s and Tensor.Uint16s are the elements as they lie in the
//     mapped file: nothing is copied, the system reads a page when it is first
//     looked at.
//  3. Tensor.ReadFloat32s and Tensor.ReadUint16s copy the elements into memory of
//     the caller, one tensor at a time, so that a model is in memory once.
//  4. Write streams tensors into a temporary file, which becomes the wanted one
//     when it is whole and on the disk. It lays a file out byte for byte as the
//     reference implementation does (version 0.8): by descending alignment of
//     the dtype, then by name, the header padded to eight bytes, so that every
//     element is aligned in a mapped file.
//
// What the reference refuses is refused: see Open.
package safetensors
