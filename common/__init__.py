"""What both services must agree on, and nothing else.

The session record and how it is sealed, the cookies, the way to Redis and to Webex, the failures and
the pages they become. It answers no URL of its own except the health checks, and imports neither
service.
"""
