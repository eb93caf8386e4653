package figure

import (
	"fmt"
	"image/color"
	"math"
	"strings"
)

// An ink is a colour by its role; the theme says which colour that is.
type ink int

// The inks of the house style.
const (
	groundInk ink = iota // what the figure stands on
	textInk              // titles
	mutedInk             // ticks, axis titles
	gridInk              // the grid
	axisInk              // lines of axes
	alarmInk             // what is tainted or failed
	// paperInk and coalInk are light and dark in both themes: for text on heat.
	paperInk
	coalInk
	seriesInk                              // the first of the series
	rampInk   = seriesInk + hues           // the first of a series of numbers in order
	heatFirst = rampInk + rampSteps        // the lowest of a heat map
	inkCount  = int(heatFirst) + heatSteps // of all inks
)

// The numbers of inks.
const (
	hues      = 8
	rampSteps = 24
	heatSteps = 256
)

// markInk is that of the only series.
const markInk = seriesInk

// inkNames are those of CSS variables. Heat has none: it is the same in both
// themes.
var inkNames = [seriesInk]string{"ground", "text", "muted", "grid", "axis", "alarm", "paper", "coal"}

// palettes are the colours of the two themes up to the ramps. The series are
// told apart by those who do not see red, green or blue, and stand out from the
// ground 3 to 1 (WCAG 2.1, 1.4.11): theme_test.go measures both.
var palettes = [2][rampInk]color.RGBA{
	Light: hexes("#ffffff #1b1f24 #4d5562 #e4e7eb #8a93a0 #c4001a #ffffff #000000" +
		" #1f77c4 #d95f02 #0b5d4a #c2408f #6b4a00 #9a87a6 #2b2f36 #b3576b"),
	Dark: hexes("#14171c #eef1f5 #b3bbc7 #2b3139 #6f7a88 #ff6b6b #ffffff #000000" +
		" #5ab0f2 #f58a3c #8fe8b0 #c06ab0 #eada1d #1e85d4 #ce3e41 #b892a2"),
}

// hexes reads colours written "#rrggbb", parted by spaces.
func hexes(text string) (colors [rampInk]color.RGBA) {
	for i, hex := range strings.Fields(text) {
		c := color.RGBA{A: 255}
		fmt.Sscanf(hex, "#%02x%02x%02x", &c.R, &c.G, &c.B)
		colors[i] = c
	}
	return colors
}

// The ramps are plasma (series) and viridis (heat) by Smith, van der Walt and
// Firing (matplotlib 1.5, CC0), every tenth of the way: equal steps of value
// look like equal steps of colour, in grey too.
var (
	plasma  = [11]uint32{0x0d0887, 0x41049d, 0x6a00a8, 0x8f0da4, 0xb12a90, 0xcc4778, 0xe16462, 0xf2844b, 0xfca636, 0xfcce25, 0xf0f921}
	viridis = [11]uint32{0x440154, 0x482475, 0x414487, 0x355f8d, 0x2a788e, 0x21918c, 0x22a884, 0x44bf70, 0x7ad151, 0xbddf26, 0xfde725}
)

// rampEnds are the parts of plasma that stand out from either ground.
var rampEnds = [2][2]float64{Light: {0, 0.62}, Dark: {0.4, 1}}

// colorOf is the colour of an ink.
func (t Theme) colorOf(i ink) color.RGBA {
	switch {
	case i >= heatFirst:
		return along(&viridis, float64(i-heatFirst)/(heatSteps-1))
	case i >= rampInk:
		ends := rampEnds[t]
		return along(&plasma, ends[0]+(ends[1]-ends[0])*float64(i-rampInk)/(rampSteps-1))
	}
	return palettes[t][i]
}

// along is the colour at part t of a ramp.
func along(ramp *[11]uint32, t float64) color.RGBA {
	at := min(max(t, 0), 1) * 10
	i := min(int(at), 9)
	part := at - float64(i)
	mix := func(shift int) uint8 {
		a, b := float64(ramp[i]>>shift&255), float64(ramp[i+1]>>shift&255)
		return uint8(math.Round(a + (b-a)*part))
	}
	return color.RGBA{R: mix(16), G: mix(8), B: mix(0), A: 255}
}

// inkOfSeries is the colour of series i of n: from a ramp where the series are
// numbers in order, or more than there are hues.
func inkOfSeries(i, n int, ordered bool) ink {
	if n <= 1 || !ordered && n <= hues {
		return seriesInk + ink(i)
	}
	return rampInk + ink(math.Round(float64(i)/float64(n-1)*(rampSteps-1)))
}

// heatInk is the colour of a part of a heat map's span, from 0 to 1.
func heatInk(part float64) ink {
	if math.IsNaN(part) {
		return groundInk
	}
	return heatFirst + ink(math.Round(min(max(part, 0), 1)*(heatSteps-1)))
}

// inkOn is the ink of a text that is read on an ink of the heat ramp.
func inkOn(under ink) ink {
	c := Light.colorOf(under)
	if contrast(c, Light.colorOf(paperInk)) >= contrast(c, Light.colorOf(coalInk)) {
		return paperInk
	}
	return coalInk
}

// contrast is the ratio of two luminances as WCAG 2.1 defines it: 1 to 21.
func contrast(a, b color.RGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c color.RGBA) float64 {
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// linear undoes the gamma of sRGB.
func linear(v uint8) float64 {
	s := float64(v) / 255
	if s <= 0.04045 {
		return s / 12.92
	}
	return math.Pow((s+0.055)/1.055, 2.4)
}

func hexOf(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// variable is the name of the CSS variable of an ink, "" for heat.
func (i ink) variable() string {
	switch {
	case i >= heatFirst:
		return ""
	case i >= rampInk:
		return fmt.Sprintf("--fig-r%d", int(i-rampInk))
	case i >= seriesInk:
		return fmt.Sprintf("--fig-s%d", int(i-seriesInk))
	}
	return "--fig-" + inkNames[i]
}

// Stylesheet defines the colours of inline figures: for the theme light under
// selector light, and for the theme dark under selector dark.
func Stylesheet(light, dark string) string {
	return light + "{" + Light.variables() + "}\n" + dark + "{" + Dark.variables() + "}\n"
}

func (t Theme) variables() string {
	var b strings.Builder
	for i := range heatFirst {
		b.WriteString(i.variable() + ":" + hexOf(t.colorOf(i)) + ";")
	}
	return b.String()
}
