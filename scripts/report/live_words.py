"""Searches on the GPU in words, and what is to be reached."""

from __future__ import annotations

# Pairs for which a figure is to be reached.
REACH = ("NVIDIA_H100_80GB_HBM3->NVIDIA_H200", "AMD_Instinct_MI300X->NVIDIA_H200")
WIN_OR_TIE, WITHIN_2 = 0.98, 0.99
SECONDS, REGRET = 60, 1.01
# cause of a loss -> in words
CAUSES = {
    "not_tried": "the search ended, expecting less than the margin, without having tried the"
    " committed config",
    "not_legal": "the committed config lies outside the published search space",
    "noise": "the two halves of the rounds disagree",
}
