"""Signals: what happened elsewhere and is to be analysed for risk."""
