"""Experiments whose results stand in the documentation; `hwgen experiment NAME` runs them again."""
