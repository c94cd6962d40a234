"""Rules of conduct that fail the build, and the gate that a claim of a win has to pass."""
