"""The four services of Surety."""
