"""From the mined history to triples of devices, and from file names to layer shapes."""
