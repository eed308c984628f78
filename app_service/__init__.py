"""What a signed-in person sees: / (the greeting), /spaces, /widget (a space, live), and /api.

And the 404 page for everything else. It reads sessions and never writes tokens; Redis holds it to that.
"""
