"""The wire to Webex: one HTTP client for both services, bounded and watched, and its failures."""
