package kernels

import "testing"

func TestFormatsNameThemselves(t *testing.T) {
	t.Parallel()
	for f, want := range map[Format]struct {
		name  string
		bytes int
	}{
		Float32: {"float32", 4}, Float16: {"float16", 2}, BFloat16: {"bfloat16", 2}, Int8: {"int8", 1}, Format(9): {"format 9", 4},
	} {
		if f.String() != want.name || f.Bytes() != want.bytes {
			t.Errorf("format %d is %s of %d bytes, want %s of %d", uint8(f), f, f.Bytes(), want.name, want.bytes)
		}
	}
}

func TestFormatOfADtype(t *testing.T) {
	t.Parallel()
	for dtype, want := range map[string]Format{"fp32": Float32, "fp16": Float16, "bf16": BFloat16, "int8": Int8, "": Float32} {
		if got := FormatOf(dtype); got != want {
			t.Errorf("%q is %s, want %s", dtype, got, want)
		}
	}
}
