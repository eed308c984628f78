"""The explorer: seeded orders of events over the real classes of both services, in virtual time.

A seed decides everything that is chance: latencies, faults, who is killed when, what people do. `world` has
replicas and browsers, `scenarios` says what happens, `checks` what must hold afterwards.
`make explore SCENARIO=… SECONDS=…` tries new seeds, `make explore SCENARIO=… SEED=…` shows one of them.
"""
