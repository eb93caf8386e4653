//go:build !linux

package coldstart

import (
	"errors"
	"math"
	"os"
)

const canEvict = false

func dropCached(*os.File) error { return errors.ErrUnsupported }

func cachedShare(*os.File) (float64, error) { return math.NaN(), nil }
