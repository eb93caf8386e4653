package workloadtest

import (
	"errors"
	"maps"
	"testing"

	"runx/workloads"
)

// checkRelations holds Check and Open together: what the one accepts, the other
// opens. A worker's workload has no Check; its Open refuses nevertheless.
func (s *Suite) checkRelations(t *testing.T) {
	check := s.Workload.Check
	for _, params := range s.cases() {
		if check == nil {
			break // that they open is checked elsewhere
		}
		given := maps.Clone(params)
		if err := check(params); err != nil {
			t.Errorf("%s: Check refuses a case: %v", describe(given), err)
		}
		if !maps.Equal(params, given) {
			t.Errorf("%s: Check makes it %s", describe(given), describe(params))
		}
	}
	for _, c := range s.Refused {
		params := s.complete(c)
		if check != nil {
			s.checkConflict(t, params, check(params))
		}
		instance, err := s.Workload.Open(t.Context(), s.env(t, params, seed))
		switch {
		case err == nil:
			t.Errorf("%s: Open does not refuse it", describe(params))
			if err := instance.Close(); err != nil {
				t.Error(err)
			}
		case errors.Is(err, workloads.ErrUnsupported):
			t.Errorf("%s: Open skips the point, want that it fails: %v", describe(params), err)
		}
	}
}

// checkConflict holds a refusal to what a spec makes of it.
func (s *Suite) checkConflict(t *testing.T, params workloads.Values, refusal error) {
	if refusal == nil {
		t.Errorf("%s: Check does not refuse it", describe(params))
		return
	}
	if refusal.Error() == "" {
		t.Errorf("%s: Check does not say why it refuses it", describe(params))
	}
	c, ok := errors.AsType[*workloads.Conflict](refusal)
	if !ok {
		return
	}
	if len(c.Params) == 0 {
		t.Errorf("%s: the conflict is between no parameters", describe(params))
	}
	for _, name := range c.Params {
		if _, declared := s.Workload.Param(name); !declared {
			t.Errorf("%s: the conflict names %q, which is not declared", describe(params), name)
		}
	}
}
