//go:build !linux

package workloads

// AvailableMemory returns how many bytes this process can still take. ok is
// false where the system does not tell; only Linux does here.
func AvailableMemory() (bytes int64, ok bool) { return 0, false }
