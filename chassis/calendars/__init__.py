"""Working calendars of providers, as every service keeps them: each version for good."""
