"""Where candidates run: a GPU, or Triton's interpreter on a CPU, behind one interface."""
