"""The way to Redis: clients, users and their rights, commands that travel together."""
