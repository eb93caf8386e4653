package kernels

import "golang.org/x/sys/cpu"

// vectorSets are the sets in assembly that the processor has and whose
// registers the operating system saves, the fastest last.
func vectorSets() []*Set {
	var sets []*Set
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasF16C {
		sets = append(sets, &Set{
			name:            "avx2",
			productRoutines: avx2Products(), vectorRoutines: avx2Vectors(),
			halfRoutines: avx2Halves(), gemvRoutines: avx2Gemv(),
		})
		if cpu.X86.HasAVX512F {
			sets = append(sets, &Set{
				name:            "avx512",
				productRoutines: avx512Products(), vectorRoutines: avx512Vectors(),
				halfRoutines: avx512Halves(), gemvRoutines: avx512Gemv(),
			})
		}
	}
	return sets
}

// bytes is a stride of so many float32 as assembly takes it.
func bytes(floats int) int64 { return int64(floats) * 4 }
