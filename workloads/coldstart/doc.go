// Package coldstart starts a server process, loads a model and answers: what the first request pays for.
//
// One sample is the way of a process to its first answer. Its stages add up to
// latency_ms by their making: each begins where the one before ends, and whatever
// else happens, such as the reading of counters, is in one of them. stage_spawn_ms
// is from the wish for a process until the system runs the program, stage_init_ms
// until it serves (the Go runtime, the packages), stage_handshake_ms until it is
// asked for this point, stage_weights_ms to load the weights, stage_prepare_ms for
// the threads and the key-value cache, stage_first_ms for the first inference: a
// prefill of prompt_tokens tokens, batch 1. Then come steady_count inferences on
// the same prompt; steady_ms is the median of the later half of them, penalty_ms
// is latency_ms minus steady_ms: what the first request pays beyond a later one.
//
// Spawn, init and handshake exist once in the life of a process, so the spec
// says isolate: sample. A further sample in the same process is a warm start:
// they are NULL, latency_ms begins with the weights. The clock is stopped
// between handshake and weights, while the files are put into the state that
// page_cache names: evicted drops the weights from the page cache and checks
// with mincore(2) that they are gone, warm reads them once. The program itself
// stays in the page cache, and a disk, or the host of a virtual machine, may
// have a cache of its own that nobody can empty.
//
// With load_by read the weights are copied into memory, with mmap the file is
// mapped, and what is used is fetched when it is used: the page faults move from
// stage_weights_ms to stage_first_ms. They are counted for both; major ones had
// to wait for the disk, of the minor ones each may bring in several pages.
// Matrices in fp16 and bf16 are computed in float32. Verify compares the answers
// of both ways to load, bit by bit.
//
// The weights are random, and the same for all runs: a model is written once
// into runx/weights of the user's cache folder ($XDG_CACHE_HOME or ~/.cache on
// Linux) and used again by later runs. The folder does not grow above 4 GiB:
// what was not used for longest is deleted; who deletes all of it loses nothing
// but the time to write it again. cpu_ms, faults and peak_rss_bytes are those
// from the weights to the first answer.
//
// Not measured: a container's image and start, an interpreter's imports, a
// network disk, the copy to a GPU, CUDA contexts and kernels compiled on first
// use. A Python server pays seconds in stage_init_ms where this program pays
// milliseconds. The order of the stages, and that loading grows with the bytes
// of the weights, carry over; the times do not.
package coldstart
