"""The analytical model of an MoE layer's two GEMMs, from a GPU's record and compiler facts."""
