"""What a person meets in a real browser, on the whole stack through nginx. Its own run of pytest."""
