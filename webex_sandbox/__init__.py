"""A stand-in for Webex that the demo, the tests and the benchmarks sign in to.

It answers the addresses of webexapis.com (/v1/authorize, /v1/access_token, /v1/people/me and the
rest of /v1), of idbroker.webex.com (/idb/oauth2/v1/revoke and /logout), avatars on /avatars, and
faults, counters and other switches on /_sandbox; the home page on / describes all of them.
"""
