package results

import (
	"os"
	"runtime"
	"runtime/debug"
)

// An Environment is where and with what a run took place. What is not known is
// empty or 0.
type Environment struct {
	Version     string `json:"runx_version,omitempty"`
	VCSRevision string `json:"vcs_revision,omitempty"`
	VCSTime     string `json:"vcs_time,omitempty"`
	// VCSModified says that the program was built from changed sources.
	VCSModified bool   `json:"vcs_modified"`
	GoVersion   string `json:"go_version"`
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	Kernel      string `json:"kernel,omitempty"`
	Hostname    string `json:"hostname,omitempty"`
	CPUModel    string `json:"cpu_model,omitempty"`
	// Virtualization is the hypervisor's name for the machine, or "yes".
	Virtualization string `json:"virtualization,omitempty"`
	// Cores are the logical CPUs of the machine, Affinity those that the
	// process may use, as in "0-3,8".
	Cores      int    `json:"cores_count"`
	Affinity   string `json:"affinity,omitempty"`
	GOMAXPROCS int    `json:"gomaxprocs_count"`
	// CgroupCPUs is the CPU quota in cores, CgroupMemoryBytes the limit of
	// memory; 0 is none.
	CgroupCPUs        float64 `json:"cgroup_cpus_count,omitempty"`
	CgroupMemoryBytes int64   `json:"cgroup_memory_bytes,omitempty"`
	MemoryBytes       int64   `json:"memory_bytes,omitempty"`
	// Governor is how the frequency of the CPU is chosen, Turbo whether it may
	// exceed its base, SMT whether a core runs two threads.
	Governor string `json:"governor,omitempty"`
	Turbo    string `json:"turbo,omitempty"`
	SMT      string `json:"smt,omitempty"`
	// HugePages is the policy for transparent huge pages.
	HugePages string `json:"huge_pages,omitempty"`
	// Load is the load average of the last minute when the run began.
	Load float64 `json:"load_1min"`
}

// CaptureEnvironment reads the environment of this process.
func CaptureEnvironment() Environment {
	e := Environment{
		GoVersion:  runtime.Version(),
		OS:         runtime.GOOS,
		Arch:       runtime.GOARCH,
		Cores:      runtime.NumCPU(),
		GOMAXPROCS: runtime.GOMAXPROCS(0),
	}
	e.Hostname, _ = os.Hostname() // unknown is fine
	if info, ok := debug.ReadBuildInfo(); ok {
		e.readBuild(info)
	}
	if e.VCSRevision == "" {
		c := sourceCommit()
		e.VCSRevision, e.VCSTime, e.VCSModified = c.revision, c.time, c.modified
	}
	e.readSystem()
	return e
}

func (e *Environment) readBuild(info *debug.BuildInfo) {
	e.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			e.VCSRevision = s.Value
		case "vcs.time":
			e.VCSTime = s.Value
		case "vcs.modified":
			e.VCSModified = s.Value == "true"
		}
	}
}
