package figure

import (
	"image/color"
	"math"
	"strings"
	"testing"
)

// What a figure shows stands out from its ground: texts 4.5 to 1, marks 3 to 1
// (WCAG 2.1, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	t.Parallel()
	for _, theme := range []Theme{Light, Dark} {
		ground := theme.colorOf(groundInk)
		check := func(i ink, least float64) {
			if got := contrast(theme.colorOf(i), ground); got < least {
				t.Errorf("theme %d: ink %s (%s) stands out %.2f to 1, want %v", theme, i.variable(), hexOf(theme.colorOf(i)), got, least)
			}
		}
		for _, i := range []ink{textInk, mutedInk, alarmInk} {
			check(i, 4.5)
		}
		check(axisInk, 3)
		for i := seriesInk; i < heatFirst; i++ {
			check(i, 3)
		}
	}
	if got := contrast(color.RGBA{A: 255}, color.RGBA{255, 255, 255, 255}); math.Abs(got-21) > 1e-9 {
		t.Errorf("black on white is %v to 1", got)
	}
}

// Values are read in all cells of a heat map.
func TestContrastOnHeat(t *testing.T) {
	t.Parallel()
	for step := range heatSteps {
		under := heatFirst + ink(step)
		if got := contrast(Light.colorOf(under), Light.colorOf(inkOn(under))); got < 4.5 {
			t.Errorf("text on step %d stands out %.2f to 1", step, got)
		}
	}
}

// deficiencies are full protanopia, deuteranopia and tritanopia: G. M. Machado,
// M. M. Oliveira, L. A. F. Fernandes, "A physiologically-based model for
// simulation of color vision deficiency", IEEE TVCG 15(6), 2009, table 1.
var deficiencies = map[string][3][3]float64{
	"none":         {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// oklab is a colour as someone with a deficiency sees it, in a space where
// distances are differences seen: B. Ottosson, "A perceptual color space for
// image processing", 2020.
func oklab(c color.RGBA, m [3][3]float64) [3]float64 {
	in := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
	var s [3]float64
	for i := range s {
		s[i] = min(max(m[i][0]*in[0]+m[i][1]*in[1]+m[i][2]*in[2], 0), 1)
	}
	l := math.Cbrt(0.4122214708*s[0] + 0.5363325363*s[1] + 0.0514459929*s[2])
	mm := math.Cbrt(0.2119034982*s[0] + 0.6806995451*s[1] + 0.1073969566*s[2])
	ss := math.Cbrt(0.0883024619*s[0] + 0.2817188376*s[1] + 0.6299787005*s[2])
	return [3]float64{
		0.2104542553*l + 0.7936177850*mm - 0.0040720468*ss,
		1.9779984951*l - 2.4285922050*mm + 0.4505937099*ss,
		0.0259040371*l + 0.7827717662*mm - 0.8086757660*ss,
	}
}

func distance(a, b [3]float64) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}

// Any two of the first five hues differ for everyone, and all of them do for
// most; the markers tell the others apart.
func TestColorBlind(t *testing.T) {
	t.Parallel()
	for _, theme := range []Theme{Light, Dark} {
		for name, m := range deficiencies {
			for i := range ink(hues) {
				for j := range i {
					least := 0.03
					if i < 5 {
						least = 0.06
					}
					a, b := theme.colorOf(seriesInk+i), theme.colorOf(seriesInk+j)
					if d := distance(oklab(a, m), oklab(b, m)); d < least {
						t.Errorf("theme %d, %s: hues %d %s and %d %s differ by %.3f", theme, name, i, hexOf(a), j, hexOf(b), d)
					}
				}
			}
		}
	}
}

// Along a ramp the order is seen in grey too.
func TestRampsRise(t *testing.T) {
	t.Parallel()
	for _, theme := range []Theme{Light, Dark} {
		for i := rampInk + 1; i < heatFirst+heatSteps; i++ {
			if i != heatFirst && luminance(theme.colorOf(i)) < luminance(theme.colorOf(i-1))-0.002 {
				t.Errorf("theme %d: ink %d is darker than the one before", theme, i)
			}
		}
	}
}

func TestStylesheet(t *testing.T) {
	t.Parallel()
	css := Stylesheet(":root", "[dark]")
	light, dark, ok := strings.Cut(css, "\n")
	if !ok || !strings.HasPrefix(light, ":root{--fig-ground:#ffffff;") || !strings.HasPrefix(dark, "[dark]{--fig-ground:#14171c;") {
		t.Errorf("the sheet is %s", css)
	}
	for i := range heatFirst {
		if strings.Count(css, i.variable()+":#") != 2 {
			t.Errorf("%s is not defined once for each theme", i.variable())
		}
	}
}
