"""The memristor-style Bayesian machine."""
