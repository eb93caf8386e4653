package tokenizer

import (
	"fmt"
	"math"
)

// byteTokens are the tokens before any pair.
const byteTokens = 256

// replacement stands for an id without meaning.
const replacement = "\uFFFD"

// A pair is two tokens that follow one another.
type pair struct{ left, right int32 }

// A Tokenizer has a vocabulary. It is only read, so that any number of
// goroutines use it at once, each with an Encoder of its own.
type Tokenizer struct {
	pieces []string // by id
	merges map[pair]int32
}

// newTokenizer knows the bytes alone.
func newTokenizer() *Tokenizer {
	t := &Tokenizer{merges: map[pair]int32{}}
	for b := range byteTokens {
		t.pieces = append(t.pieces, string([]byte{byte(b)}))
	}
	return t
}

// add makes a token of a pair.
func (t *Tokenizer) add(p pair) int32 {
	id := int32(len(t.pieces))
	t.pieces = append(t.pieces, t.pieces[p.left]+t.pieces[p.right])
	t.merges[p] = id
	return id
}

// VocabSize is the number of tokens, at least 256.
func (t *Tokenizer) VocabSize() int { return len(t.pieces) }

// Piece is the bytes of one token.
func (t *Tokenizer) Piece(id int32) string {
	if id < 0 || int(id) >= len(t.pieces) {
		return replacement
	}
	return t.pieces[id]
}

// AppendText appends the bytes of each token to dst. It allocates nothing where
// dst has the room.
func (t *Tokenizer) AppendText(dst []byte, ids ...int32) []byte {
	for _, id := range ids {
		dst = append(dst, t.Piece(id)...)
	}
	return dst
}

// checkVocabSize refuses a vocabulary without all bytes, or one whose ids do not
// fit.
func checkVocabSize(n int) error {
	if n < byteTokens || n > math.MaxInt32 {
		return fmt.Errorf("train a tokenizer: a vocabulary of %d tokens is not from %d to %d", n, byteTokens, math.MaxInt32)
	}
	return nil
}
