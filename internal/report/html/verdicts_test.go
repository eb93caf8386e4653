package html

import "testing"

func TestGroupsThatSupportAreLeftOutFirst(t *testing.T) {
	t.Parallel()
	v := claimView{Groups: []outcomeView{{Label: "a", Verdict: "supported"}, {Label: "b", Verdict: "refuted"}, {Label: "c", Verdict: "supported"}, {Label: "d", Verdict: "inconclusive"}}}
	v.fit(3)
	if v.LeftGroups != 1 || len(v.Groups) != 3 || v.Groups[0].Label != "b" || v.Groups[1].Label != "d" || v.Groups[2].Label != "a" {
		t.Errorf("got %+v and %d left out", v.Groups, v.LeftGroups)
	}
	v = claimView{Groups: []outcomeView{{Label: "a", Verdict: "supported"}, {Label: "b", Verdict: "refuted"}}}
	if v.fit(2); v.LeftGroups != 0 || v.Groups[0].Label != "a" {
		t.Errorf("where there is room the groups are %+v", v.Groups)
	}
}

func TestNumbersToReadAtAGlance(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{13784: "14000", 7.87e9: "7900000000", 0.1234: "0.12", -0.05: "-0.05", 1e13: "1e+13", 0.00001234: "1.2e-05"} {
		if got := briefly(v); got != want {
			t.Errorf("%g is %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float64]string{5e6: "5,000,000", 1.1: "1.1", -0.05: "-0.05", 131072: "131,072", 128: "128", 0.33333: "0.3333"} {
		if got := limitText(v); got != want {
			t.Errorf("the limit %g is %s, want %s", v, got, want)
		}
	}
}
