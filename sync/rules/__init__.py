"""Pure decisions, without I/O and without a clock: pairing, merging, what to write, when to stop."""
