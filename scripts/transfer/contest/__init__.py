"""Who competes on the cells of one file, and how each is set up.

By source GPU: S1, S2, S3, S4 (flat prior, warm-started by S1 to S3), ``S1-S8``, and the same with
early stop (``S1-S8, stops``). From all sources at once: ``S1-S8, all sources``, ``by eights``
(eight configs compiled at a time), the ablations ``S1-S8 without S1`` to ``S8``, and ``S1-S8,
source unseen``, which neither reads the named source nor learned from it. Without a source:
``S1-S8, no source`` (and ``no source, stops``), S5, S6 (graphx-sim's order by itself), S8, and the
baselines.
"""
