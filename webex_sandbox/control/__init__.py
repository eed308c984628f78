"""What the sandbox does on demand, under /_sandbox: people, faults, policies, the demo space."""
