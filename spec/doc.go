// Package spec turns a YAML document into a validated [Spec] and the spec into
// a stream of [Point]s. The way of the data:
//
//  1. [Load] reads the file and those that it extends, applies -p, --set,
//     --quick and --seed to the text, and keeps the result as Spec.Resolved:
//     what is run is what can be read and run again.
//  2. The text is decoded strictly into the structs of document.go.
//  3. The workload types the parameters: every fixed value, axis value and
//     included point is checked against it.
//  4. Expressions (where, computed parameters, metrics, claims, plots) are
//     compiled against what may be named in them.
//  5. The points that stay, all or the first of them, are surveyed: computed
//     parameters are computed, and the workload's Check is asked about each.
//  6. Spec.Points walks the grid, first axis slowest, and yields the points
//     that where leaves; nothing holds the whole grid.
//
// Whatever is wrong is collected on the way as problems with positions and
// returned all at once.
package spec
