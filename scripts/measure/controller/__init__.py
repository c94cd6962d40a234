"""The controlling process of a sweep: what is to do, who does it, what is written down."""
