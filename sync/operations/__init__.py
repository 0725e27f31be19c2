"""Read and change the state for the commands and the status page, and parse what users type."""
