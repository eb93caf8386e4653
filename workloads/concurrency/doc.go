// Package concurrency sends many requests at once to a small language model and times each.
//
// A request is one inference: the prefill of prompt_tokens and the decoding of
// new_tokens, greedily, by a model of random weights in float32. A server
// serves one request at a time; clients or servers, whichever are fewer, are
// served at once, and servers 0 stands for one server for each client. Each
// sample is a load of so many requests, and each row is one of them.
//
// With loop closed, each client sends its next request when the last one is
// answered, so that always exactly clients are under way. With loop open,
// requests are sent with Poisson arrivals whatever became of those before:
// rate_per_s of them, or, where that is 0, the share load of the requests per
// second that the servers managed when all were kept busy, which is measured
// before the first sample. A repetition begins and ends with nothing under way.
//
// latency_ms is from the intended time to the answer; it is queue_ms, until a
// server begins, and service_ms, from there on. lag_ms, a part of queue_ms, is
// how late the generator was: it sleeps, which ends some 0.1 ms late and later
// on a busy machine, and spins for the last spin_us before a request, which is
// exact but takes a core from the servers meanwhile.
//
// With execution threads, servers share the process and the weights, and each
// has an engine, an arena and a cache of its own; Go schedules at least as many
// threads as compute (GOMAXPROCS is raised while requests are under way), so that
// it is the system that divides the cores among them. With execution processes,
// each server is a process with weights of its own, which take its share of the
// caches too, and service_ms has the way there and back through a pipe in it.
// threads is how many threads compute one request. cores_count is how many cores
// there are for all: a process that is bound to some (taskset), or has a quota of
// CPU time, has only those.
//
// There are four prompts, which requests take in turn; answer_checksum tells the
// answers apart. Verify holds those that all servers give at once, threads or
// processes, to what a thread gives alone, bit for bit.
//
// requests_per_s and little_error_ratio belong to the repetition and are the same
// on all its rows. The latter is how far the requests under way, averaged over
// time, are from the arrivals per second times the mean latency in the middle
// half of the repetition (Little's law): edges leave a few percent, more means
// that the load was not steady. cpu_ms, context switches and faults are the
// repetition's, of all processes, divided by its requests, since the system
// counts them by process; peak_rss_bytes is the sum of the processes.
//
// Not measured: a network, and one engine that all requests share, which makes a
// batch of those that are there and reads the weights once for all of them. The
// servers here read them once for each request; the workload transformer, with
// arrivals, has the batch. That latency grows with the clients beyond the cores,
// that throughput does not, and that queues explode near saturation carries over
// to any server that does one request at a time. A GPU batches instead, and its
// interference is that of memory bandwidth: numbers do not carry over.
package concurrency
