"""Signing in: what waits in a cookie, the way back, and how a sign-in ended."""
