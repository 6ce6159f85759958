"""Fabricated Bayesian machines at the pins of an FPGA: profiles of the chips, and a bench's controller."""
