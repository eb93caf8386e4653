package results

import (
	"os"
	"path"
	"strconv"
	"strings"

	"runx/workloads"
)

// readSystem reads what /proc and /sys tell.
func (e *Environment) readSystem() {
	e.Kernel = fileText("/proc/sys/kernel/osrelease")
	cpuinfo := fileText("/proc/cpuinfo")
	_, e.CPUModel, _ = strings.Cut(valueOf(cpuinfo, "model name"), ": ")
	e.Cores = max(countCPUs(fileText("/sys/devices/system/cpu/online")), e.Cores)
	e.Affinity = valueOf(fileText("/proc/self/status"), "Cpus_allowed_list:")
	e.MemoryBytes = kibibytes(fileText("/proc/meminfo"), "MemTotal:")
	e.Governor = fileText("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
	e.Turbo = turbo()
	e.SMT = fileText("/sys/devices/system/cpu/smt/control")
	e.HugePages = bracketed(fileText("/sys/kernel/mm/transparent_hugepage/enabled"))
	e.Virtualization = virtualization(cpuinfo)
	load, _, _ := strings.Cut(fileText("/proc/loadavg"), " ")
	e.Load, _ = strconv.ParseFloat(load, 64) // unknown is 0
	e.CgroupCPUs = workloads.CPUQuota()
	e.readCgroupMemory(ownCgroup(fileText("/proc/self/cgroup")))
}

func fileText(name string) string {
	data, err := os.ReadFile(name)
	if err != nil {
		return "" // unknown
	}
	return strings.TrimSpace(string(data))
}

// ownCgroup is the path of the process in the unified hierarchy.
func ownCgroup(text string) string { return valueOf(text, "0::") }

// readCgroupMemory takes the tightest limit of a group and those above it.
func (e *Environment) readCgroupMemory(group string) {
	for ; ; group = path.Dir(group) {
		dir := path.Join("/sys/fs/cgroup", group)
		n, err := strconv.ParseInt(fileText(dir+"/memory.max"), 10, 64)
		if err == nil && (e.CgroupMemoryBytes == 0 || n < e.CgroupMemoryBytes) {
			e.CgroupMemoryBytes = n
		}
		if group == "/" || group == "." || group == "" {
			return
		}
	}
}

// countCPUs is the number of CPUs in a list like "0-3,8".
func countCPUs(list string) int {
	n := 0
	for part := range strings.SplitSeq(list, ",") {
		lo, hi, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(lo)
		if err != nil {
			return 0
		}
		last := first
		if isRange {
			if last, err = strconv.Atoi(hi); err != nil || last < first {
				return 0
			}
		}
		n += last - first + 1
	}
	return n
}

// bracketed is the chosen one of "always [madvise] never".
func bracketed(text string) string {
	_, rest, _ := strings.Cut(text, "[")
	chosen, _, _ := strings.Cut(rest, "]")
	return chosen
}

func turbo() string {
	if no := fileText("/sys/devices/system/cpu/intel_pstate/no_turbo"); no != "" {
		return map[string]string{"0": "on", "1": "off"}[no]
	}
	return map[string]string{"1": "on", "0": "off"}[fileText("/sys/devices/system/cpu/cpufreq/boost")]
}

func virtualization(cpuinfo string) string {
	if !strings.Contains(valueOf(cpuinfo, "flags"), " hypervisor") {
		return ""
	}
	names := strings.TrimSpace(fileText("/sys/class/dmi/id/sys_vendor") + " " + fileText("/sys/class/dmi/id/product_name"))
	if names == "" {
		return "yes"
	}
	return names
}
