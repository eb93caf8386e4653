package pipeline

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"runx/internal/tokenizer"
)

// corpus is the text that the vocabulary is learned from, and whose words the
// prompts are made of.
//
//go:embed corpus.txt
var corpus string

// makeRequest is the JSON of a request whose prompt has as many tokens as the
// settings say.
func (i *instance) makeRequest() ([]byte, error) {
	prompt := makePrompt(i.encoder, i.PromptTokens, i.seed)
	if n := len(i.encoder.Append(nil, prompt)); n != i.PromptTokens {
		return nil, fmt.Errorf("a prompt of %d tokens was made, not of %d", n, i.PromptTokens)
	}
	return json.Marshal(request{Prompt: prompt, MaxTokens: i.NewTokens, Temperature: 0.8, TopK: 40, Seed: i.seed})
}

// makePrompt draws words of the corpus until they have so many tokens. Words of
// letters with the space before them are encoded one by one, so that their
// tokens add up; where none is short enough for the rest, full stops are.
func makePrompt(e *tokenizer.Encoder, tokens int, seed uint64) string {
	var all []string
	for w := range strings.FieldsSeq(corpus) {
		if letters(w) {
			all = append(all, " "+w)
		}
	}
	random := rand.New(rand.NewPCG(seed, 0))
	var b strings.Builder
	var ids []int32
	const attempts = 64
	for left := tokens; left > 0; left-- {
		word := "."
		for range attempts {
			w := all[random.IntN(len(all))]
			if ids = e.Append(ids[:0], w); len(ids) <= left {
				word = w
				left -= len(ids) - 1
				break
			}
		}
		b.WriteString(word)
	}
	return b.String()
}

func letters(w string) bool {
	for _, r := range w {
		if r < 'A' || r > 'z' || r > 'Z' && r < 'a' {
			return false
		}
	}
	return true
}
