"""Settings: environment variables into frozen objects, judged before anything starts."""
