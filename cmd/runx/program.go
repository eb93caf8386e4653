package main

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
)

// ownName is what runx is called in all texts.
const ownName = "runx"

// programName is what a person types to start this program again: hints name
// commands, and they must work. arg0 is what it was started as, executable the
// file that it is.
func programName(arg0, executable string) string {
	switch {
	case runByGo(executable):
		return "go run " + ownPackage()
	case filepath.Base(arg0) == arg0:
		return strings.TrimSuffix(arg0, ".exe") // found by the shell, in $PATH
	}
	return shellQuote([]string{arg0})
}

// runByGo tells whether an executable is one that only go run knows. It keeps
// what it has built in a temporary folder the first time, and from then on in
// its cache.
func runByGo(executable string) bool {
	// Compiled here: a worker, which must start fast, does without.
	built := regexp.MustCompile(`(go-build\d+/b\d+/exe|/[0-9a-f]{64}-d)/[^/]+$`)
	return built.MatchString(filepath.ToSlash(executable))
}

// ownPackage is this package as the go command takes it: by its folder as in the
// README, by its import path in other folders of the module.
func ownPackage() string {
	const folder = "./cmd/" + ownName
	if _, err := os.Stat(folder + "/main.go"); err == nil {
		return folder
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Path != "" {
		return info.Path
	}
	return folder
}

// commands puts the name under which this program can be started into a text
// whose commands begin with runx.
func (t *terminal) commands(text string) string {
	if t.program == "" || t.program == ownName {
		return text
	}
	own := regexp.MustCompile(`\b` + ownName + ` (claims|compare|completion|help|init|list|plan|report|resume|run|schema|show|validate|version|--help)\b`)
	return own.ReplaceAllStringFunc(text, func(command string) string {
		return t.program + strings.TrimPrefix(command, ownName)
	})
}
