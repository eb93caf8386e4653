package figure

import (
	"context"
	"errors"
	"io"
	"path"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"runx/internal/results"
	"runx/spec"
)

// PlotDir is the folder of the plots in the directory of a run.
const PlotDir = "plots"

// Load reads the columns of a run's tables that its plots show.
func Load(r *results.Reading) (Data, error) {
	data := Data{Spec: r.Spec}
	var err error
	if columns := columnsOf(r.Spec.Plots, false); columns != nil {
		if data.Summary, err = r.Summary(columns...); err != nil {
			return data, err
		}
	}
	if columns := columnsOf(r.Spec.Plots, true); columns != nil {
		data.Samples, err = r.Samples(columns...)
	}
	return data, err
}

// columnsOf are the columns of a table that plots name; nil where none shows
// that table.
func columnsOf(plots []spec.Plot, samples bool) []string {
	var names []string
	for i := range plots {
		p := &plots[i]
		if p.Samples != samples {
			continue
		}
		names = append(names, "status", "tainted", p.X, p.Color, p.Facet)
		names = append(names, p.Filter().Columns()...)
		for _, y := range p.Y {
			names = append(names, y, y+"_lo", y+"_hi")
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// All draws the plots of a spec in order. Where one cannot be drawn the others
// are there, and the error says why.
func All(ctx context.Context, data Data) ([]*Figure, error) {
	figures := make([]*Figure, len(data.Spec.Plots))
	err := each(ctx, len(figures), func(i int) (err error) {
		figures[i], err = New(data, i)
		return err
	})
	return slices.DeleteFunc(figures, func(f *Figure) bool { return f == nil }), err
}

// WriteFiles writes each figure below the directory of its run:
// plots/NAME.svg, plots/NAME-dark.svg and plots/NAME.png.
func WriteFiles(ctx context.Context, r *results.Reading, figures []*Figure) error {
	var names []string
	var writers []func(io.Writer) error
	for _, f := range figures {
		base := path.Join(PlotDir, f.Name)
		names = append(names, base+".svg", base+"-dark.svg", base+".png")
		writers = append(writers,
			func(w io.Writer) error { return f.WriteSVG(w, Light) },
			func(w io.Writer) error { return f.WriteSVG(w, Dark) },
			func(w io.Writer) error { return f.WritePNG(w, Light) })
	}
	return each(ctx, len(names), func(i int) error { return r.WriteFile(names[i], writers[i]) })
}

// each calls do for 0 to n-1 on all cores, and joins the errors in order.
func each(ctx context.Context, n int, do func(i int) error) error {
	failures := make([]error, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if failures[i] = ctx.Err(); failures[i] == nil {
					failures[i] = do(i)
				}
			}
		})
	}
	workers.Wait()
	return errors.Join(failures...)
}
