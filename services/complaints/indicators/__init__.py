"""Indicators: how complaints are handled, measured by definitions that say what they count (指标)."""
