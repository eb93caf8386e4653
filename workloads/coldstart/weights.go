package coldstart

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"runx/internal/tensor"
	"runx/internal/tensor/nn"
	"runx/workloads"
)

// weightsSeed makes the weights of all runs the same, so that one file serves
// them all.
const weightsSeed = 5

// leastCached is the share of the file that a warm page cache has, mostEvicted
// that which an evicted one may still have.
const (
	leastCached = 0.999
	mostEvicted = 0.001
)

// ensureWeights returns the file of the model's weights, and writes it if it is
// not there. It appears whole or not at all.
func ensureWeights(c *config) (string, error) {
	path, err := cachedWeights(c)
	if err != nil {
		return "", fmt.Errorf("%w\nhint: weights are kept below XDG_CACHE_HOME: set it to a folder that can be written and has room for %d MiB", err, c.bytes()>>20+1)
	}
	return path, nil
}

func cachedWeights(c *config) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for weights: %w", err)
	}
	folder := filepath.Join(cache, "runx", "weights")
	path := filepath.Join(folder, weightsName(c))
	info, err := os.Stat(path)
	if err == nil && info.Size() >= c.bytes() {
		now := time.Now()
		return path, os.Chtimes(path, now, now) // what was used last is deleted last
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("look for weights: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("make a folder for weights: %w", err)
	}
	if err := makeRoom(folder, maxFolder-c.bytes()); err != nil {
		return "", fmt.Errorf("delete old weights: %w", err)
	}
	if err := writeWeights(c, path); err != nil {
		return "", fmt.Errorf("write weights: %w", err)
	}
	return path, nil
}

// makeRoom deletes what was not used for longest, until the files of the folder
// take no more than this.
func makeRoom(folder string, most int64) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	var total int64
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
			continue // renamed or deleted by another run
		}
		if err != nil {
			return err
		}
		files = append(files, info)
		total += info.Size()
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, f := range files {
		if total <= most {
			break
		}
		if err := os.Remove(filepath.Join(folder, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		total -= f.Size()
	}
	return nil
}

// weightsName says all that the weights depend on.
func weightsName(c *config) string {
	shape, _ := json.Marshal(c.shape) // a struct of numbers and words always has a form
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", shape, weightsSeed))
	return fmt.Sprintf("%s-%s-%s.safetensors", c.Model, c.DType, hex.EncodeToString(sum[:6]))
}

func writeWeights(c *config, path string) (err error) {
	engine, err := tensor.NewEngine(min(runtime.NumCPU(), tensor.MaxThreads))
	if err != nil {
		return err
	}
	defer engine.Close()
	model, err := nn.NewModel(engine, tensor.NewArena(), c.shape, nn.ModelOptions{Seed: weightsSeed, Format: c.format})
	if err != nil {
		return err
	}
	return errors.Join(model.Save(path), model.Free())
}

// setPageCache brings the page cache into the state that the point asks for, and
// returns the share of the file that is in it: NaN where the system does not
// tell.
func (i *instance) setPageCache() (float64, error) {
	file, err := os.Open(i.file)
	if err != nil {
		return 0, fmt.Errorf("open weights: %w", err)
	}
	defer file.Close()
	if i.config.PageCache == evicted {
		return evict(file)
	}
	if _, err := io.Copy(io.Discard, file); err != nil {
		return 0, fmt.Errorf("read weights: %w", err)
	}
	share, err := cachedShare(file)
	if err == nil && share < leastCached { // NaN is not
		err = fmt.Errorf("the page cache keeps %.0f%% of %s only: the memory does not suffice", 100*share, i.file)
	}
	return share, err
}

// evict drops a file from the page cache and checks that it is gone.
func evict(file *os.File) (float64, error) {
	share := math.NaN()
	for range 5 { // pages on their way into a list of the kernel's stay the first time
		var err error
		if err = dropCached(file); err != nil {
			return 0, fmt.Errorf("drop %s from the page cache: %w", file.Name(), err)
		}
		if share, err = cachedShare(file); err != nil {
			return 0, err
		}
		if share <= mostEvicted {
			return share, nil
		}
	}
	return 0, fmt.Errorf("%.0f%% of %s stay in the page cache: its file system keeps what it has in memory: %w",
		100*share, file.Name(), workloads.ErrUnsupported)
}
