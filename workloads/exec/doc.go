// Package exec runs any program and times it from its start to its end.
//
// command is a template: a name in braces is a parameter of the spec, and a
// brace of its own is written twice. The template is split into arguments at
// spaces, with the quoting that shells have: '...' takes everything as it is,
// "..." takes all but \" and \\, and \ takes the next character. Parameters are
// put in after that, so a value never splits an argument or is quoted away:
//
//	command: "llama-bench -m {model} -p {isl} --name '{model}, {isl} tokens'"
//
// No shell takes part, so no $HOME, no pipes and no globs, unless shell is true:
// then the template goes to sh -c, where a value that is not plain (letters,
// digits and _ . / : = @ % + , -) is put in within quotes of its own; write such
// placeholders outside of quotes.
//
// latency_ms is the time from before the start of the process until it has
// ended and its output has been read: the start, about a millisecond, is in it.
// A program that ends with another status than 0 fails the sample, and the end
// of its stderr says why. It runs in a process group of its own, of which
// nothing is left when it ends or is cancelled. Its stdin is empty.
//
// extract names metrics and how to find each in the output: a regex, whose
// first group is the number, is sought in stdout and then in stderr, and its
// first match counts; json is a path of names and indices with dots between
// them (runs.0.ttft_ms) into stdout, or else into the last line of it that is
// JSON. Of each output the last 4 MiB are kept; without extract, stdout is
// dropped.
//
// child_cpu_ms is the CPU time of the program and of the children that it
// waited for; cpu_ms is that of runx while it waited. child_peak_rss_bytes is
// NULL where it is not above that of runx itself, of which it begins as a copy.
package exec
