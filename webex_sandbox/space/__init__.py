"""The conversation part of the sandbox: /v1/rooms, memberships, messages, contents and webhooks.

A demo space with a history and a bot that answers is there from the start; /_sandbox lets
somebody write, join, leave, or write now and then.
"""
