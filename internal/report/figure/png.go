package figure

import (
	"image"
	"image/draw"
	"image/png"
	"io"
	"math"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// pixelDensity is the number of pixels of a PNG per pixel of the scene.
const pixelDensity = 2

// WritePNG writes the figure as a PNG of twice the size in pixels.
func (f *Figure) WritePNG(w io.Writer, theme Theme) error {
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoder.Encode(w, f.scene.raster(theme))
}

// A painter paints a scene. One pixel of the scene is one point of the canvas,
// whose y runs upwards.
type painter struct {
	canvas *vgimg.Canvas
	height float64
}

func (s *scene) raster(theme Theme) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, int(math.Round(s.width*pixelDensity)), int(math.Round(s.height*pixelDensity))))
	canvas := vgimg.NewWith(
		vgimg.UseWH(vg.Length(s.width), vg.Length(s.height)), vgimg.UseDPI(72*pixelDensity), vgimg.UseBackgroundColor(theme.colorOf(groundInk)))
	p := painter{canvas: canvas, height: s.height}
	for i := range s.shapes {
		p.shape(&s.shapes[i], theme)
	}
	draw.Draw(img, img.Bounds(), canvas.Image(), image.Point{}, draw.Src)
	return img
}

func (p *painter) shape(x *shape, theme Theme) {
	p.canvas.SetColor(alpha(theme.colorOf(x.ink), x.opacity))
	p.canvas.SetLineDash(nil, 0)
	switch {
	case x.text != nil:
		p.text(x, theme)
	case x.stamps != nil:
		p.stamps(x)
	case x.fill:
		p.canvas.Fill(p.path(x.paths, true))
	default:
		if x.dashes {
			p.canvas.SetLineDash([]vg.Length{dashOn, dashOff}, 0)
		}
		p.canvas.SetLineWidth(vg.Length(x.width))
		p.canvas.Stroke(p.path(x.paths, x.closed))
	}
}

func (p *painter) point(at plotter.XY) vg.Point {
	return vg.Point{X: vg.Length(at.X), Y: vg.Length(p.height - at.Y)}
}

func (p *painter) path(paths []plotter.XYs, closed bool) vg.Path {
	var out vg.Path
	for _, path := range paths {
		for i, at := range path {
			if i == 0 {
				out.Move(p.point(at))
				continue
			}
			out.Line(p.point(at))
		}
		if closed {
			out.Close()
		}
	}
	return out
}

// stamps fills each marker by itself: as one path, those that overlap would
// cancel out.
func (p *painter) stamps(x *shape) {
	outline, closed := x.marker.outline(x.radius)
	p.canvas.SetLineWidth(2)
	for _, at := range x.stamps {
		moved := make([]plotter.XYs, len(outline))
		for i, path := range outline {
			for _, q := range path {
				moved[i] = append(moved[i], plotter.XY{X: at.X + q.X, Y: at.Y + q.Y})
			}
		}
		if closed {
			p.canvas.Fill(p.path(moved, true))
		} else {
			p.canvas.Stroke(p.path(moved, false))
		}
	}
}

func (p *painter) text(x *shape, theme Theme) {
	t := x.text
	left, _, _, _ := t.bounds()
	face := faceOf(t.size, t.bold)
	if t.halo {
		p.canvas.SetColor(theme.colorOf(groundInk))
		for _, d := range []plotter.XY{{X: -1.5}, {X: 1.5}, {Y: -1.5}, {Y: 1.5}} {
			p.canvas.FillString(face, p.point(plotter.XY{X: left + d.X, Y: t.at.Y + d.Y}), t.words)
		}
		p.canvas.SetColor(theme.colorOf(x.ink))
	}
	p.canvas.FillString(face, p.point(plotter.XY{X: left, Y: t.at.Y}), t.words)
}
