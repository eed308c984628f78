"""What the services say of themselves: log lines, metrics, spans. Nothing of a person is in it."""
