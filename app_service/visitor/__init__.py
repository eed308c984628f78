"""Who asks, with which token and which permission."""
