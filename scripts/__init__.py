"""graphx: mine, transfer, measure and judge tuned fused-MoE kernel configs.

Every step is a module run as ``python -m scripts.<phase>.<step>``; none of them knows the
workflow engine that calls it.
"""
