//go:build !(linux && amd64)

// Command peers measures the embedded engine against OpenBLAS and PyTorch
// on linux/amd64.
package main

import "fmt"

func main() { fmt.Println("skipped: peers are measured on linux/amd64") }
