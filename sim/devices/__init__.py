"""Cell physics for co-simulation: memristors as the logic around them sees them."""
