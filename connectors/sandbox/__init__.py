"""What all sandboxes share: a server on loopback with configurable faults and rate limit."""
