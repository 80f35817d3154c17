"""Proposed complaints: answers to surveys that were scored low, until somebody confirms or dismisses them."""
