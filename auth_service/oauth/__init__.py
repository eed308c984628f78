"""The grant: what is pure about it (flow) and the wire to the token endpoint (webex)."""
