"""Forward-Forward: layers that learn alone, from the goodness of two passes."""
