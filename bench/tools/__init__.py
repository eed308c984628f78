"""What the runs of `make bench` have in common: starting, pinning and watching processes, asking them."""
