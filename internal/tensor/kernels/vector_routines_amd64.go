package kernels

func avx2Vectors() vectorRoutines {
	return vectorRoutines{
		maxOf: maxOfAVX2, firstEqual: firstEqualAVX2,
		sum: sumAVX2, sumMul: sumMulAVX2, squares: squaresAVX2,
		exp: expAVX2, expSum: expSumAVX2, sumExp: sumExpAVX2,
		scale: scaleAVX2, shift: shiftAVX2, scaleAdd: scaleAddAVX2,
		mulShifted: mulShiftedAVX2, addMulShifted: addMulShiftedAVX2,
		subExpMul: subExpMulAVX2, rotate: rotateAVX2,
		normalize: normalizeAVX2, normSums: normSumsAVX2, normGrad: normGradAVX2,
		gelu: geluAVX2, silu: siluAVX2, swiglu: swigluAVX2,
		geluGrad: geluGradAVX2, siluGrad: siluGradAVX2, swigluGrad: swigluGradAVX2,
	}
}

func avx512Vectors() vectorRoutines {
	return vectorRoutines{
		maxOf: maxOfAVX512, firstEqual: firstEqualAVX512,
		sum: sumAVX512, sumMul: sumMulAVX512, squares: squaresAVX512,
		exp: expAVX512, expSum: expSumAVX512, sumExp: sumExpAVX512,
		scale: scaleAVX512, shift: shiftAVX512, scaleAdd: scaleAddAVX512,
		mulShifted: mulShiftedAVX512, addMulShifted: addMulShiftedAVX512,
		subExpMul: subExpMulAVX512, rotate: rotateAVX512,
		normalize: normalizeAVX512, normSums: normSumsAVX512, normGrad: normGradAVX512,
		gelu: geluAVX512, silu: siluAVX512, swiglu: swigluAVX512,
		geluGrad: geluGradAVX512, siluGrad: siluGradAVX512, swigluGrad: swigluGradAVX512,
	}
}
