"""Webex as somebody signs in to it: authorize, consent, codes, tokens, OpenID Connect, idbroker."""
