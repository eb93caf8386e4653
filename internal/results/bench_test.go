package results

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"runx/spec"
)

// deriveSamples is the size of the run that BenchmarkDerive derives from.
const deriveSamples = 1_000_000

// deriveEnv makes the test binary derive the run that it names, and tell what
// it cost: a process of its own has a peak memory of its own.
const deriveEnv = "RUNX_TEST_DERIVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(deriveEnv); dir != "" {
		start := time.Now()
		if _, err := Derive(context.Background(), dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(time.Since(start).Seconds(), peakRSS())
		return
	}
	os.Exit(m.Run())
}

// BenchmarkDerive makes the three tables of a million samples of a workload
// like noop. RUNX_TEST_KEEP names a directory to keep the run in, for a look at
// it with other readers.
func BenchmarkDerive(b *testing.B) {
	s := parseSpec(b, strings.Replace(probeSpec, "samples: 100", "samples: 166667", 1))
	root := os.Getenv("RUNX_TEST_KEEP")
	if root == "" {
		root = b.TempDir()
	}
	r := createRun(b, root, s)
	fillNoop(b, r, s)
	must(b, r.Finish(Complete))
	must(b, r.Close())
	var wall, cpu, peak float64
	b.ReportAllocs()
	b.ResetTimer()
	n := 0
	for b.Loop() {
		c := deriveInChild(b, r.Dir())
		wall += c.wall
		cpu += c.cpu
		peak = max(peak, c.peakBytes)
		n++
	}
	b.ReportMetric(wall/float64(n), "s/derive")
	b.ReportMetric(cpu/float64(n), "cpu_s/derive")
	b.ReportMetric(peak/(1<<20), "peak_MiB")
	for _, name := range []string{SamplesFile, SummaryFile, JournalFile} {
		info, err := os.Stat(filepath.Join(r.Dir(), name))
		must(b, err)
		b.ReportMetric(float64(info.Size())/deriveSamples, strings.TrimSuffix(name, filepath.Ext(name))+"_bytes/sample")
	}
}

// cost is what deriving cost a process of its own: seconds, bytes.
type cost struct{ wall, cpu, peakBytes float64 }

func deriveInChild(b *testing.B, dir string) cost {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), deriveEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	must(b, err)
	fields := strings.Fields(string(out))
	c := cost{cpu: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()}
	c.wall, err = strconv.ParseFloat(fields[0], 64)
	must(b, err)
	c.peakBytes, err = strconv.ParseFloat(fields[1], 64)
	must(b, err)
	return c
}

// fillNoop appends samples as an interleaved run of noop has them. The journal
// is written in one piece: the cost of Append is measured elsewhere.
func fillNoop(b *testing.B, r *Run, s *spec.Spec) {
	b.Helper()
	points := pointsOf(b, s)
	for _, p := range points {
		must(b, r.Point(p))
	}
	f, err := os.OpenFile(filepath.Join(r.Dir(), JournalFile), os.O_APPEND|os.O_WRONLY, 0)
	must(b, err)
	w := bufio.NewWriter(f)
	rng := rand.New(rand.NewPCG(1, 2))
	sample := Sample{Status: OK, StartedAt: 1_763_910_000_000_000}
	var line []byte
	reps := make([]int, len(points))
	for i := range deriveSamples {
		noopValues(&sample, r, rng, i)
		p := rng.IntN(len(points))
		sample.Point, sample.Round, sample.Rep = points[p].Index, i/len(points), reps[p]
		reps[p]++
		sample.StartedAt += 15 + int64(3*rng.ExpFloat64())
		line = appendSample(line[:0], &sample)
		w.Write(line)
	}
	must(b, w.Flush())
	must(b, f.Close())
}

// noopValues are those of ten metrics, all measured; with the two expressions
// of the spec the table has twelve and more.
func noopValues(s *Sample, r *Run, rng *rand.Rand, i int) {
	ns := 10_000 + math.Round(500*rng.ExpFloat64())
	rare := func(one int) float64 { return float64(rng.IntN(one) / (one - 1)) }
	s.Values = append(s.Values[:0],
		ns/1e6/4096, 4096, 4096, math.Round(ns/1000)/1000/4096, rare(50), rare(100), rare(10), 0, 10*rare(1000), float64(20<<20+i/1000*4096),
		(ns+300+math.Round(100*rng.ExpFloat64()))/1e6)
	if len(s.Values) != len(r.header.Metrics) {
		panic("the metrics of a sample have changed")
	}
	s.Tainted = ""
	if s.Values[8] > 0 {
		s.Tainted = "steal"
	}
}
