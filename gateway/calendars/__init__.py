"""Working calendars of providers: official days of a region, lists loaded by hand, days of its own."""
