package spec

// A Column is what a numeric column of the summary is to a claim: one value
// per row, NaN where there is none.
type Column []float64
