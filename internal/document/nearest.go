package document

import (
	"fmt"
	"strings"
)

// Nearest is the candidate that was probably meant by name: the one with the
// fewest letters missing, superfluous, wrong or swapped, up to a third of the
// letters; "" if none is that near. Case, and - for _, count for nothing.
func Nearest(name string, candidates []string) string {
	const longest = 100 // nobody misspells more, and the work grows quadratically
	best, least := "", longest
	from := fold(name)
	for _, candidate := range candidates {
		to := fold(candidate)
		size := max(len(from), len(to))
		bound := size / 3
		if size > longest || len(from)-len(to) > bound || len(to)-len(from) > bound {
			continue
		}
		if d := distance(from, to); d <= bound && d < least {
			best, least = candidate, d
		}
	}
	return best
}

// Suggestion is a hint for a name that is none of the candidates: the nearest
// one, or all of them if they are not too many.
func Suggestion(name string, candidates []string) string {
	if hint := near(name, candidates); hint != "" {
		return hint
	}
	const most = 20
	if len(candidates) == 0 || len(candidates) > most {
		return ""
	}
	return "known: " + strings.Join(candidates, ", ")
}

func near(name string, candidates []string) string {
	if nearest := Nearest(name, candidates); nearest != "" {
		return fmt.Sprintf("did you mean %s?", nearest)
	}
	return ""
}

// PlainName makes a name of small letters and digits of a text, with joint in the
// place of all else between them.
func PlainName(text, joint string) string {
	parts := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	return strings.Join(parts, joint)
}

func fold(s string) []rune {
	return []rune(strings.ReplaceAll(strings.ToLower(s), "-", "_"))
}

// distance is the Damerau-Levenshtein distance in its restricted form: no part
// is edited twice.
func distance(a, b []rune) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
