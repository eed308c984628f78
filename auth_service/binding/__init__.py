"""Binding a session to the device that signed in (W3C Device Bound Session Credentials).

The browser keeps a key, and a stolen cookie is worth nothing without it. What is here: the registration of
the key, the renewal of the short cookie (common.sessions.bound_cookie), and the note of a cookie that came
without it. Where browsers and the draft differ, it does what Chromium 156 does.
"""
