package kernels

// PackHalf rounds b to format f, Float16 or BFloat16, as Round does, into dst,
// which has at least PackedLen elements, and returns the packed factor; it keeps
// dst.
func (s *Set) PackHalf(dst []uint16, f Format, b Matrix) (Packed, error) {
	if err := b.check("b"); err != nil {
		return Packed{}, err
	}
	packed, err := s.PackedHalfAt(dst, f, b.Rows, b.Cols)
	if err != nil {
		return Packed{}, err
	}
	s.packBlocks(packed, b, func(at, _ int, part []float32) { s.Round(packed.halves[at:], part, f) })
	return packed, nil
}

// packBlocks brings b into the order of the packed factor block by block, and
// gives each to store: where it begins there, its first column and its elements,
// which are valid during the call.
func (s *Set) packBlocks(packed Packed, b Matrix, store func(at, first int, part []float32)) {
	block := make([]float32, blockDepth*s.cols)
	for panel := range packed.panels() {
		first := panel * s.cols
		width := min(s.cols, b.Cols-first)
		for k := 0; k < b.Rows; k += blockDepth {
			depth := min(blockDepth, b.Rows-k)
			part := block[:depth*s.cols]
			s.packBlock(part, s.cols, b.block(k, first, depth, width))
			store(packed.at(panel, k), first, part)
		}
	}
}

// PackHalfFrom copies b into dst as it is stored; dst has at least PackedLen
// elements, and the packed factor keeps it.
func (s *Set) PackHalfFrom(dst []uint16, b HalfMatrix) (Packed, error) {
	if err := b.check("b"); err != nil {
		return Packed{}, err
	}
	packed, err := s.PackedHalfAt(dst, b.Format, b.Rows, b.Cols)
	if err != nil {
		return Packed{}, err
	}
	for panel := range packed.panels() {
		first := panel * s.cols
		width := min(s.cols, b.Cols-first)
		rows := packed.halves[packed.at(panel, 0):]
		for i := range b.Rows {
			row := rows[i*s.cols:][:s.cols]
			clear(row[width:])
			from := b.Data[i*b.RowStride+first*b.ColStride:]
			if b.ColStride == 1 {
				copy(row, from[:width])
				continue
			}
			for j := range row[:width] {
				row[j] = from[j*b.ColStride]
			}
		}
	}
	return packed, nil
}

// PackedHalfAt is the factor of rows×cols that PackHalf or PackHalfFrom of the
// same set left in data in format f.
func (s *Set) PackedHalfAt(data []uint16, f Format, rows, cols int) (Packed, error) {
	if err := f.checkHalf(); err != nil {
		return Packed{}, err
	}
	if err := s.checkPacked(len(data), rows, cols); err != nil {
		return Packed{}, err
	}
	return Packed{
		Rows: rows, Cols: cols, Format: f,
		halves: data[:s.PackedLen(rows, cols)], width: s.cols, panelRows: rows,
	}, nil
}

// packHalfPanel expands one panel of b into a packed factor of float32.
func (w *Worker) packHalfPanel(dst Packed, b HalfMatrix, panel int) {
	first := panel * dst.width
	width := min(dst.width, b.Cols-first)
	out := dst.floats[dst.at(panel, 0):][:b.Rows*dst.width]
	if b.ColStride == 1 {
		for i := range b.Rows {
			row := out[i*dst.width:][:dst.width]
			w.Expand(row, b.Data[i*b.RowStride+first:][:width], b.Format)
			clear(row[width:])
		}
		return
	}
	columns := w.panelScratch()
	for k := 0; k < b.Rows; k += blockDepth {
		depth := min(blockDepth, b.Rows-k)
		for j := range width {
			w.Expand(columns[j*depth:], b.Data[(first+j)*b.ColStride+k:][:depth], b.Format)
		}
		view := Matrix{Data: columns, Rows: depth, Cols: width, RowStride: 1, ColStride: depth}
		w.packColumns(out[k*dst.width:][:depth*dst.width], dst.width, view)
	}
}

// expandHalf is the value of one element stored as f.
func expandHalf(x uint16, f Format) float32 {
	if f == BFloat16 {
		return expandBFloat16(x)
	}
	return expandFloat16(x)
}
