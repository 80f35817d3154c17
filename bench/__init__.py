"""Measures a whole stack: speed, CPU, memory, start-up, each beside a bare reference and a budget."""
