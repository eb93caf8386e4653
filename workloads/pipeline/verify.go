package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"runx/internal/tensor"
)

// Verify serves the request once and compares the tokens with those of the
// model's own way to generate, and the answer with the tokens. It is also what
// makes the engine's tables as long as they get.
func (i *instance) Verify(ctx context.Context) error {
	if err := i.serve(ctx); err != nil {
		return err
	}
	want, err := i.generateApart()
	if err != nil {
		return err
	}
	if !slices.Equal(i.picked, want) {
		return fmt.Errorf("the pipeline generated %v, the model by itself %v", i.picked, want)
	}
	var got response
	if err := json.Unmarshal(i.answer, &got); err != nil {
		return fmt.Errorf("the answer is no JSON: %w", err)
	}
	// JSON is UTF-8: what random tokens do not make a letter is replaced.
	text := strings.ToValidUTF8(string(i.tokenizer.AppendText(nil, want...)), "")
	if strings.ReplaceAll(got.Text, "\uFFFD", "") != strings.ReplaceAll(text, "\uFFFD", "") {
		return fmt.Errorf("the answer is %q, the tokens are %q", got.Text, text)
	}
	if got.Usage.PromptTokens != i.PromptTokens || got.Usage.CompletionTokens != i.NewTokens {
		return fmt.Errorf("the answer counts %d and %d tokens, not %d and %d",
			got.Usage.PromptTokens, got.Usage.CompletionTokens, i.PromptTokens, i.NewTokens)
	}
	return nil
}

// generateApart is what the model generates from the same request by itself.
func (i *instance) generateApart() ([]int32, error) {
	var asked request
	if err := json.Unmarshal(i.body, &asked); err != nil {
		return nil, err
	}
	cache, err := i.model.NewCache(i.engine, i.arena, 1, i.capacity())
	if err != nil {
		return nil, err
	}
	p := tensor.NewPass(i.engine, i.arena, tensor.PassOptions{})
	prompt := i.tokenizer.NewEncoder().Append(nil, asked.Prompt)
	ids := slices.Collect(i.model.Generate(p, prompt, cache, asked.sampler()))
	return ids, errors.Join(p.Err(), cache.Free())
}
