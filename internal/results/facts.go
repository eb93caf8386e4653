package results

import "strings"

func required(name, value, doc string) fact {
	return fact{Column{Name: name, Type: String, Required: true, Kind: RunColumn, Doc: doc}, value}
}

// optional is NULL where it is empty.
func optional(name, value, doc string) fact {
	f := fact{Column{Name: name, Type: String, Kind: RunColumn, Doc: doc}, value}
	if value == "" {
		f.value = nil
	}
	return f
}

func count(name string, value int64, doc string) fact {
	return fact{Column{Name: name, Type: Int64, Required: true, Kind: RunColumn, Unit: "count", Doc: doc}, value}
}

// bytesFact is NULL where it is 0.
func bytesFact(name string, value int64, doc string) fact {
	f := fact{Column{Name: name, Type: Int64, Kind: RunColumn, Unit: "bytes", Doc: doc}, value}
	if value == 0 {
		f.value = nil
	}
	return f
}

// timestamp is NULL where it is 0.
func timestamp(name string, micros int64, doc string) fact {
	f := fact{Column{Name: name, Type: Timestamp, Kind: RunColumn, Doc: doc}, micros}
	if micros == 0 {
		f.value = nil
	}
	return f
}

// orNull is NULL for a negative number.
func orNull(n int64) any {
	if n < 0 {
		return nil
	}
	return n
}

// quoteCommand joins arguments so that a shell reads them back.
func quoteCommand(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = a
		if a == "" || strings.ContainsAny(a, " \t\n\"'`$&|;<>()*?[]{}#~!\\") {
			quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// facts are the columns of run.parquet that tell the environment.
func (e *Environment) facts() []fact {
	cgroupCPUs := fact{Column{Name: "cgroup_cpus_count", Type: Double, Kind: RunColumn, Unit: "count", Doc: "CPU quota in cores; NULL is none"}, e.CgroupCPUs}
	if e.CgroupCPUs == 0 {
		cgroupCPUs.value = nil
	}
	modified := fact{Column{Name: "vcs_modified", Type: Bool, Kind: RunColumn, Doc: "the sources had changes that are in no commit; NULL where the commit is unknown"}, e.VCSModified}
	if e.VCSRevision == "" {
		modified.value = nil
	}
	return []fact{
		optional("runx_version", e.Version, "version of the program"),
		optional("vcs_revision", e.VCSRevision, "commit of the program's sources"),
		optional("vcs_time", e.VCSTime, "time of that commit"),
		modified,
		required("go_version", e.GoVersion, "compiler"),
		required("os", e.OS, "operating system"),
		required("arch", e.Arch, "architecture"),
		optional("kernel", e.Kernel, "release of the kernel"),
		optional("hostname", e.Hostname, "name of the machine"),
		optional("cpu_model", e.CPUModel, "name of the CPU"),
		optional("virtualization", e.Virtualization, "hypervisor's name for the machine; NULL on bare metal or unknown"),
		count("cores_count", int64(e.Cores), "logical CPUs of the machine"),
		optional("affinity", e.Affinity, "CPUs that the process may use"),
		count("gomaxprocs_count", int64(e.GOMAXPROCS), "threads that run Go code at once in the runner"),
		cgroupCPUs,
		bytesFact("cgroup_memory_bytes", e.CgroupMemoryBytes, "memory limit; NULL is none"),
		bytesFact("memory_bytes", e.MemoryBytes, "memory of the machine"),
		optional("governor", e.Governor, "how the frequency of the CPU is chosen"),
		optional("turbo", e.Turbo, "whether the frequency may exceed its base"),
		optional("smt", e.SMT, "whether a core runs several threads"),
		optional("huge_pages", e.HugePages, "policy for transparent huge pages"),
		{Column{Name: "load_1min", Type: Double, Required: true, Kind: RunColumn, Doc: "load average of the last minute when the run was created"}, e.Load},
	}
}
