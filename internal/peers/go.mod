module runx/internal/peers

go 1.26.0

replace runx => ../..

require (
	github.com/ebitengine/purego v0.11.3
	golang.org/x/sys v0.49.0
	runx v0.0.0-00010101000000-000000000000
)
