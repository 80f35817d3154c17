"""Trainings: in what somebody was trained, by which result, and until when it holds (clause 5.2)."""
