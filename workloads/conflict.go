package workloads

import "fmt"

// A Conflict is why values that are right each by itself do not go together.
type Conflict struct {
	// Params are the parameters that do not go together: the spec is read
	// where they are set.
	Params []string
	// Problem says what is wrong, with the values in it.
	Problem string
	// Where is a condition in the language of specs that leaves no point with
	// this conflict, "" if there is none: the cure where one of the parameters
	// is swept.
	Where string
	// Cure is any other one, "" if there is none.
	Cure string
}

// Error returns the problem.
func (c *Conflict) Error() string { return c.Problem }

// RequireMultiple refuses a value of the parameter name that is not a multiple
// of that of another one.
func RequireMultiple(name string, value int, of string, divisor int) error {
	if value%divisor == 0 {
		return nil
	}
	return &Conflict{
		Params:  []string{name, of},
		Problem: fmt.Sprintf("%s %d is not a multiple of %s %d", name, value, of, divisor),
		Where:   fmt.Sprintf("%s %% %s == 0", name, of),
	}
}
