"""Fused-MoE kernels in Triton, their eager reference, and how to compile them ahead of time.

Depends on torch and triton alone, so that it runs as it is on a bare GPU machine.
"""
