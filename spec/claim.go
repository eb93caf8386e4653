package spec

// A Claim is a statement about the summary rows of a run.
type Claim struct {
	Name string
	// Where selects rows; all of them must hold. They are expressions over one row.
	Where []string
	// ForEach names the parameters whose every combination is judged apart.
	ForEach []string
	// Value is an expression over columns.
	Value string
	// Expect is a condition over value.
	Expect string
}
