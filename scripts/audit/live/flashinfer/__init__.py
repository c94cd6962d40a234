"""FlashInfer's CuTe-DSL bf16 MoE for sm_90 and its own tuner, in an environment of its own."""
