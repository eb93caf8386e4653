// Package wire lets a workload live in another process and look like one that
// lives in this one. PROTOCOL.md beside this file is the protocol; a worker in
// any language can speak it. The way of the data:
//
//  1. [Dial] starts a [Command] in a process group of its own and says hello;
//     the worker answers with its version and the workloads that it knows.
//  2. Open of one of [Worker.Workloads] opens an instance over there. The
//     worker names the columns of its rows; they are matched by name.
//  3. Sample asks for one sample or for many; the worker measures them with a
//     Recorder and a Monitor of its own process and answers with rows. Nothing
//     passes between the processes while it measures.
//  4. [Worker.Close] closes the worker's stdin. A worker ends when its stdin
//     does, so it does not outlive a host that was killed either.
//
// [Serve] is the other end, for workloads written in Go.
package wire
