"""The works of the benchmark, one file each; each adds what it measured to a bench.results.Results."""
