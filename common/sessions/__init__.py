"""The session that a browser holds: cookie, ticket, sealed record, and how to read it.

Written only by auth_service: see auth_service/sessions.
"""
