"""Signs people in and out: /login, /oauth (the callback), /logout, /sessions (where I am signed in).

For the app, inside the back network: /internal/refresh.

The only room that knows the client secret, and the only one that writes sessions.
"""
