"""The fabricated Bayesian machines as their pins show them. Independent of the controllers that drive them."""
