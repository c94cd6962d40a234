"""The analytical model: one MoE layer's two GEMMs, from the GPU's record and the compiler's facts."""
