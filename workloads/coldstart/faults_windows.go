package coldstart

import "math"

// readFaults knows nothing here.
func readFaults() faults { return faults{math.NaN(), math.NaN()} }
