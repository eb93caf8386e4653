package spec

import (
	"strings"

	"runx/internal/document"
)

// misspeltUnits maps the end of a name to the one ending that the tables use
// for that unit.
var misspeltUnits = []struct{ suffix, want string }{
	{"_nanos", "_ns"}, {"_nanoseconds", "_ns"}, {"_nsec", "_ns"},
	{"_micros", "_us"}, {"_microseconds", "_us"}, {"_usec", "_us"},
	{"_millis", "_ms"}, {"_milliseconds", "_ms"}, {"_msec", "_ms"}, {"_msecs", "_ms"},
	{"_per_sec", "_per_s"}, {"_per_second", "_per_s"}, {"_rps", "_per_s"}, {"_qps", "_per_s"}, {"_tps", "_per_s"}, {"_hz", "_per_s"},
	{"_sec", "_s"}, {"_secs", "_s"}, {"_seconds", "_s"},
	{"_kb", "_bytes"}, {"_mb", "_bytes"}, {"_gb", "_bytes"}, {"_kib", "_bytes"}, {"_mib", "_bytes"}, {"_gib", "_bytes"}, {"_byte", "_bytes"},
	{"_percent", "_ratio"}, {"_pct", "_ratio"}, {"_fraction", "_ratio"}, {"_share", "_ratio"},
	{"_flop", "_flops"}, {"_gflops", "_flops"}, {"_tflops", "_flops"}, {"_num", "_count"},
}

// lintUnit warns of a metric whose name ends in a unit that no other table
// uses.
func (b *builder) lintUnit(name document.Text) {
	for _, u := range misspeltUnits {
		if stem, ok := strings.CutSuffix(name.Value, u.suffix); ok {
			b.warnings.Add(name.Position, "call it "+stem+u.want+", and convert the value where the unit differs",
				"metric %s: a quantity has one unit in all tables, and its name ends in it", name.Value)
			return
		}
	}
}
