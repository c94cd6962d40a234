"""Whether config files that somebody has are found, taken, legal and still good."""
