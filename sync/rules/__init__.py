"""What is decided, without I/O and without a clock: who is who, who wins, what is written, when to stop."""
