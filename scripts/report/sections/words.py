"""What the terms of the pages mean."""

from __future__ import annotations

from scripts.report.section import Section

# term -> what it means; the page explains it where a table or a paragraph first has it.
GLOSSARY = {
    "cell": "one GPU, one layer shape and one number of tokens",
    "triple": "a source GPU's committed config, the target GPU's, and the target's cell for both",
    "committed": "the config that the runtime's repository holds for the layer and the GPU",
    "regret": "latency over that of the fastest legal config measured on the cell; as good is 1",
    "tie-set": "the configs of a cell that interleaved pairs cannot tell from the best",
    "scheme": "the number formats of weights and activations of a kernel",
    "legal": "the config compiles for the GPU and fits its shared memory and registers",
    "trial": "one config measured once on one cell",
    "non-inferior": "slower by no more than the margin: the ratio's interval ends within it",
    "power-limited": "the GPU's power limit held its clock down while the cell was measured",
    "equal": "the whole interval of the latency ratio lies within the margin",
    "open": "a tie whose interval reaches beyond the margin: it could not be told",
    "A/A": "pairs of slots that ran the same config: what they differ by is error",
    "S1": "copy the source GPU's config as it is",
    "S2": "the nearest legal configs on the target",
    "S3": "the source's config, moved by what tuners changed between the two GPUs on other layers",
    "S4": "Bayesian search over all legal configs, from what the others expect",
    "S5": "what was found for similar layers and the file's other batch sizes",
    "S6": "rank all legal configs with graphx-sim and measure the first",
    "S7": "repeat a trial only until it is surely slower than the fastest so far",
    "S8": "the few configs that between them suit the recorded cells",
    "S1-S8": "the pipeline of all of these",
    "K": "how many trials a search may make",
    "layer out": "nothing recorded of the layer on this GPU was learned from",
    "family out": "nor of its model family",
    "GPU out": "nothing that was recorded on the GPU was learned from",
    "interval": "where the figure lies at the stated level, by the bootstrap",
}

SECTION = Section(
    "words",
    about="what the terms mean",
    words={"glossary": GLOSSARY},
    links={"words": "Words"},
)
