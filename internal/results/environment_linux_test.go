package results

import "testing"

func TestReadingProc(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]int{"0": 1, "0-3": 4, "0-3,8": 5, "0-1,4-5,7": 5, "": 0, "x": 0, "3-1": 0} {
		if got := countCPUs(list); got != want {
			t.Errorf("countCPUs(%q) is %d, want %d", list, got, want)
		}
	}
	if got := bracketed("always [madvise] never"); got != "madvise" {
		t.Errorf("got %q", got)
	}
	if got := ownCgroup("12:cpu:/old\n0::/user.slice/run-1.scope\n"); got != "/user.slice/run-1.scope" {
		t.Errorf("got %q", got)
	}
	if got := kibibytes("VmPeak:\t 99 kB\nVmHWM:\t  1234 kB\n", "VmHWM:"); got != 1234<<10 {
		t.Errorf("got %d", got)
	}
}
