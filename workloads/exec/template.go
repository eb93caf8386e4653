package exec

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"runx/workloads"
)

// A piece is a part of an argument: text, or the name of a parameter.
type piece struct {
	text        string
	placeholder bool
}

// arguments splits a template and puts the parameters in.
func arguments(template string, values workloads.Values) ([]string, error) {
	words, err := split(template)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, errors.New("it is empty")
	}
	var argv []string
	for _, w := range words {
		arg, err := fill(w, values, func(v string) string { return v })
		if err != nil {
			return nil, err
		}
		argv = append(argv, arg)
	}
	if argv[0] == "" {
		return nil, errors.New("the name of the program is empty")
	}
	return argv, nil
}

// shellCommand is the template for sh with the parameters put in.
func shellCommand(template string, values workloads.Values) ([]string, error) {
	if strings.TrimSpace(template) == "" {
		return nil, errors.New("it is empty")
	}
	pieces, err := parse(template)
	if err != nil {
		return nil, err
	}
	script, err := fill(pieces, values, shellQuote)
	if err != nil {
		return nil, err
	}
	return []string{"sh", "-c", script}, nil
}

// plain are the characters that no shell reads as anything else.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-"

func shellQuote(v string) string {
	if v != "" && strings.Trim(v, plain) == "" {
		return v
	}
	return "'" + strings.ReplaceAll(v, "'", `'\''`) + "'"
}

func fill(pieces []piece, values workloads.Values, quote func(string) string) (string, error) {
	var out strings.Builder
	for _, p := range pieces {
		if !p.placeholder {
			out.WriteString(p.text)
			continue
		}
		v, ok := values[p.text]
		if !ok || isOwn(p.text) {
			return "", &missingParam{name: p.text, known: freeNames(values)}
		}
		out.WriteString(quote(workloads.FormatValue(v)))
	}
	return out.String(), nil
}

// A missingParam is a placeholder that names no parameter.
type missingParam struct{ name, known string }

func (e *missingParam) Error() string {
	return fmt.Sprintf("{%s} is not a parameter of the spec (there are: %s)", e.name, e.known)
}

// isOwn reports whether a parameter is this workload's and not the program's.
func isOwn(name string) bool { return name == "command" || name == "shell" }

func freeNames(values workloads.Values) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !isOwn(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// A scanner goes through a template.
type scanner struct {
	rest  string
	words [][]piece
	word  []piece
	begun bool // the word exists, be it empty: ''
}

// parse reads the placeholders of a template that is not split.
func parse(template string) ([]piece, error) {
	s := scanner{rest: template}
	for s.rest != "" {
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	return s.word, nil
}

// split reads a template into words, each of them pieces.
func split(template string) ([][]piece, error) {
	s := scanner{rest: template}
	for s.rest != "" {
		var err error
		switch c := s.rest[0]; c {
		case ' ', '\t', '\n', '\r':
			s.rest = s.rest[1:]
			s.endWord()
		case '\'', '"':
			err = s.quoted(c)
		case '\\':
			if len(s.rest) == 1 {
				return nil, errors.New(`there is nothing after the last \`)
			}
			s.rest = s.rest[1:]
			s.take()
		default:
			err = s.next()
		}
		if err != nil {
			return nil, err
		}
	}
	s.endWord()
	return s.words, nil
}

func (s *scanner) endWord() {
	if s.begun {
		s.words = append(s.words, s.word)
	}
	s.word, s.begun = nil, false
}

// quoted reads to the closing quote. Placeholders are placeholders in quotes
// too.
func (s *scanner) quoted(quote byte) error {
	s.rest = s.rest[1:]
	s.begun = true
	for s.rest != "" {
		switch {
		case s.rest[0] == quote:
			s.rest = s.rest[1:]
			return nil
		case quote == '"' && (strings.HasPrefix(s.rest, `\"`) || strings.HasPrefix(s.rest, `\\`)):
			s.rest = s.rest[1:]
			s.take()
		default:
			if err := s.next(); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("a %c is not closed", quote)
}

// next takes one character or one placeholder.
func (s *scanner) next() error {
	switch {
	case strings.HasPrefix(s.rest, "{{"), strings.HasPrefix(s.rest, "}}"):
		s.take()
		s.rest = s.rest[1:]
		return nil
	case s.rest[0] == '}':
		return errors.New("a } has no { before it; a brace of its own is written }}")
	case s.rest[0] != '{':
		s.take()
		return nil
	}
	name, rest, closed := strings.Cut(s.rest[1:], "}")
	if !closed || !workloads.NamePattern.MatchString(name) {
		return errors.New("a { does not begin the name of a parameter; a brace of its own is written {{")
	}
	s.word = append(s.word, piece{text: name, placeholder: true})
	s.begun = true
	s.rest = rest
	return nil
}

// take adds the next byte to the text of the word.
func (s *scanner) take() {
	s.begun = true
	if last := len(s.word) - 1; last >= 0 && !s.word[last].placeholder {
		s.word[last].text += s.rest[:1]
	} else {
		s.word = append(s.word, piece{text: s.rest[:1]})
	}
	s.rest = s.rest[1:]
}
