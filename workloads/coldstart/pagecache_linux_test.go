package coldstart

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"runx/workloads"
	"runx/workloads/workloadtest"
)

// What was evicted comes from the disk: nothing was in the page cache, and all
// of it is after it was read.
func TestEvictedIsGone(t *testing.T) {
	t.Parallel()
	i := openInstance(t, workloads.Values{"page_cache": evicted, "dtype": bf16}, workloads.Launch{})
	file, err := os.Open(i.file)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var system unix.Statfs_t
	if err := unix.Fstatfs(int(file.Fd()), &system); err != nil {
		t.Fatal(err)
	}
	if system.Type == unix.TMPFS_MAGIC || system.Type == unix.OVERLAYFS_SUPER_MAGIC {
		t.Skip("this file system keeps its files in memory, or need not let go of them")
	}
	if got := workloadtest.Rows(t, Workload(), i)[0]["cached_ratio"]; !(got <= mostEvicted) {
		t.Errorf("%v of the file is in the page cache, want none", got)
	}
	if share, err := cachedShare(file); err != nil || share < leastCached {
		t.Errorf("%v of the file is in the page cache after it was read (%v), want all", share, err)
	}
}
