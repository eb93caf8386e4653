package kernels

// productRoutines are what a matrix product needs of an instruction set.
type productRoutines struct {
	// rows and cols are the size of the largest tile; every tile has cols columns.
	rows, cols int
	// tiles are the routines by their number of rows, the last has rows.
	tiles []rowTiles
	// expanding is empty where b is expanded first.
	expanding expandingTiles

	// packTranspose writes dst[p*dstRow+j] = src[j*ld+p] for j < 8 and p < n;
	// n is a positive multiple of 8.
	packTranspose func(dst []float32, dstRow int, src []float32, ld, n int)
	// packRows writes dst[i*cols+j] = src[i*ld+j] for j < cols and i < n, n >= 1.
	packRows func(dst, src []float32, ld, n int)
}

// tile computes c = alpha*a*b*scales + beta*c for tiles one below the other, at least
// one: a of rows×k with the given strides, the next one aNext elements after it,
// b panels of k×cols for all of them, and c of rows×cols of each panel with row
// stride ldc, the next one below it; k >= 1. With beta zero c is not read.
type tile[E element] func(tiles, k int, a []float32, aRow, aCol, aNext int, b panelView[E], c []float32, ldc int, alpha, beta float32)

// expandingTile is tile for one tile and one panel, which it also writes to
// expanded, k×cols, in float32 and without scales.
type expandingTile[E element] func(k int, a []float32, aRow, aCol int, b panelView[E], c []float32, ldc int, alpha, beta float32, expanded []float32)

// element is what packed factors consist of.
type element interface{ float32 | uint16 | int8 }

// panelView is rows of one packed panel or of several, next elements apart. The
// columns have scales where b is in Int8.
type panelView[E element] struct {
	data   []E
	next   int
	scales []float32
}

// rowTiles are the routines for so many rows: for one panel, and for several
// panels if there are such.
type rowTiles struct {
	rows         int
	one, several panelTiles
}

// panelTiles are the routines for so many panels at once, one for each format of
// b. They add up an element in the same order. Without one for a format b is
// expanded first.
type panelTiles struct {
	panels            int
	float32           tile[float32]
	float16, bfloat16 tile[uint16]
	int8              tile[int8]
}

func (p *panelTiles) forFloat32() tile[float32] { return p.float32 }
func (p *panelTiles) forFloat16() tile[uint16]  { return p.float16 }
func (p *panelTiles) forBFloat16() tile[uint16] { return p.bfloat16 }
func (p *panelTiles) forInt8() tile[int8]       { return p.int8 }

// expandingTiles are the routines with the most rows that leave the panel in
// float32 for the other tiles, which then need not expand it again, and what
// multiplies by integers that were expanded.
type expandingTiles struct {
	float16, bfloat16 expandingTile[uint16]
	int8              expandingTile[int8]
	expandedInt8      tile[float32]
}

// tilesFor are the routines with the fewest rows that are enough.
func (p *productRoutines) tilesFor(rows int) *rowTiles {
	i := 0
	for p.tiles[i].rows < rows {
		i++
	}
	return &p.tiles[i]
}

func portableProducts() productRoutines {
	return productRoutines{
		rows: portableRows, cols: portableCols,
		tiles:         []rowTiles{{rows: portableRows, one: panelTiles{panels: 1, float32: tilesPortable}}},
		packTranspose: packTransposePortable, packRows: packRowsPortable,
	}
}
