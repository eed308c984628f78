"""What arrives without asking: pub/sub news, one poller for all viewers, server-sent events, webhooks."""
