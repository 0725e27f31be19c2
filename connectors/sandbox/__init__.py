"""What all sandboxes share: a server on loopback with faults and a rate limit to order."""
