package journal

import (
	"errors"
	"io"
)

// A faultFile is a file in memory that fails as told. It tells apart what was
// written from what was synced, so that a power cut can be played.
type faultFile struct {
	data   []byte
	synced int // bytes that a power cut leaves for sure

	room        int   // bytes that can be written before err; negative: endless
	err         error // what Write then returns; nil with room is a short write without error
	syncErr     error
	truncateErr error
	writes      int
	syncs       int
}

var errIO = errors.New("input/output error")

func (f *faultFile) Write(p []byte) (int, error) {
	f.writes++
	n := len(p)
	if f.room >= 0 && n > f.room {
		n = f.room
	}
	if f.room >= 0 {
		f.room -= n
	}
	f.data = append(f.data, p[:n]...)
	if n < len(p) {
		return n, f.err
	}
	return n, nil
}

func (f *faultFile) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *faultFile) Truncate(size int64) error {
	if f.truncateErr != nil {
		return f.truncateErr
	}
	f.data = f.data[:size]
	return nil
}

func (f *faultFile) Sync() error {
	f.syncs++
	if f.syncErr == nil {
		f.synced = len(f.data)
	}
	return f.syncErr
}

func (f *faultFile) Close() error { return nil }
