"""Where should places for children be built?  Siting with proven optima, sparse within reach."""
