package kernels

// halfRoutines convert at least one element between float32 and a format of two
// bytes; dst is as long as src.
type halfRoutines struct {
	expandFloat16, expandBFloat16 func(dst []float32, src []uint16)
	roundFloat16, roundBFloat16   func(dst []uint16, src []float32)
}

func portableHalves() halfRoutines {
	return halfRoutines{
		expandFloat16:  expandFloat16Portable,
		expandBFloat16: expandBFloat16Portable,
		roundFloat16:   roundFloat16Portable,
		roundBFloat16:  roundBFloat16Portable,
	}
}
