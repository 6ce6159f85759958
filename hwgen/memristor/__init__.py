"""The interface to an array of memristors. Geometry and parameters are plain data: they import no HDL."""
