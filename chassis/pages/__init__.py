"""Pages for people to read and print, complete without anything from outside."""
