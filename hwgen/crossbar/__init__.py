"""The digital synapse array that learning cores share; a core plugs its lanes in."""
