"""Writing sessions, which only this service may: create, replace, end, list, refresh."""
