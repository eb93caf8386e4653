package stats

// A Warning says what is doubtful about a number, and what would cure it. It
// is a value, because who computes does not know who reads.
type Warning struct {
	// What is doubtful, with the values in it: "12 samples give no 95% interval
	// of p95".
	What string
	// Cure is what to do: "take at least 59". Empty where there is none.
	Cure string
}
