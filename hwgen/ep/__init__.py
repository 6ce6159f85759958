"""Equilibrium propagation with binary synapses and binary activities."""
