package kernels

import "testing"

func TestFormatsNameThemselves(t *testing.T) {
	t.Parallel()
	for f, want := range map[Format]struct {
		name  string
		bytes int
	}{
		Float32: {"float32", 4}, Float16: {"float16", 2}, BFloat16: {"bfloat16", 2}, Format(9): {"format 9", 4},
	} {
		if f.String() != want.name || f.Bytes() != want.bytes {
			t.Errorf("format %d is %s of %d bytes, want %s of %d", uint8(f), f, f.Bytes(), want.name, want.bytes)
		}
	}
}
