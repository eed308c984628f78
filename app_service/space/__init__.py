"""The space at /widget and /api/space: who may come in, what is shown, what is sent."""
