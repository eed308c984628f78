"""The peers: the same small site — sign in with Webex, greet by name — as users of other libraries write it.

Each follows its library's README, in production mode, with PKCE and state where the library offers them.
Settings come from the environment: PORT, REDIS_URL, WEBEX_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI.
"""
