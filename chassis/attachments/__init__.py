"""Files that belong to records: taken in, checked by content, kept sealed, handed out by short-lived links."""
