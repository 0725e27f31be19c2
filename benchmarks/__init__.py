"""What growthsync costs, each figure as a ratio to a floor that is measured beside it (`python -m benchmarks`)."""
