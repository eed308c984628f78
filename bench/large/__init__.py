"""The site with up to a million sessions and ten thousand viewers: `python -m bench.large` runs it."""
