"""The process that holds the GPU: operands, candidates, timing, correctness."""
