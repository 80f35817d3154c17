"""Publications: the places where channels are published, and what was found there (公布位置及核查)."""
