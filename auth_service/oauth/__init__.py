"""The grant: what is pure about it (flow) and the wire to the token endpoint (webex).

And the proof of who somebody is, if it is wanted: the ID token (id_token), and who signs it (issuer).
What is to be revoked lies in the outbox until Webex has said yes.
"""
