// Package journal is an append-only file of lines that survives crashes.
//
// The way of a line: the caller renders it, [Journal.Append] hands it to the
// kernel in one write(2), an fdatasync follows at most once a second
// ([Options.SyncEvery]) and at the end, and after a crash [Open] finds the
// longest valid prefix, cuts off what is behind it and goes on. [Read] gives
// any other process the same prefix without touching the file.
//
// What can happen, what is then on the disk, and what must survive:
//
//	killed between lines      whole lines                        every line
//	killed inside a write     the last line is torn              every line before it; Open cuts the torn one
//	disk full, quota          the last line is torn              every line before it; Append cuts the torn one
//	                                                             at once, so that a later Append may succeed
//	power lost                lines since the last sync are      every line synced: all but the last second of
//	                          missing, torn, or filled with      appending; what is not a valid line at the end is
//	                          zeros                              cut by Open
//	fdatasync fails           the kernel may have dropped the    every line synced before; the journal is failed for
//	                          pages and marked them clean        good, because a second fdatasync would lie
//	killed inside Create      an empty file, or its first line   nothing was promised yet; the first line is the
//	                          torn                               caller's to check
//	killed inside Open        the old length or the new one      every valid line; Open does the same again
//	a line damaged later      an invalid line with valid ones    the file is left as it is and reported
//	                          behind it                          ([CorruptError]): cutting would lose what follows
//	two writers               refused by a lock ([ErrLocked])    every line of the first
//
// Where an fsync is absent, and why:
//
//   - After a line: it costs some 700 µs, the write 2 µs. A killed process
//     loses nothing without it, because the page cache is the kernel's; a power
//     cut takes a second of measurements, which can be taken again.
//   - After the cut of a torn tail: cutting again gives the same file, and the
//     next sync covers the new length.
//   - fdatasync in place of fsync: it writes the length that is needed to read
//     the data back, and leaves out the times, which nobody needs.
package journal
