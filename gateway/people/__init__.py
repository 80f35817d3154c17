"""People and machines by their ids: names for others, and each for themselves."""
