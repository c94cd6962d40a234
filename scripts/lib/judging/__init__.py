"""What a measurement is worth in words: the one decision, median interval, bands and classes of M.

Two procedures give the intervals of what is quoted, since two kinds of thing are quoted:

- The ratio of two configs on one cell: ``medians``, by order statistics over interleaved rounds.
  A cell has few rounds and one sitting; it needs no model of the noise, no seed, and is exact.
  Fewer than six values have no interval at 95%, and what has no interval is a tie.
- A figure over many cells or triples (rates, means, quantiles): a bootstrap by rows and by config
  files, the wider one quoted (``scripts.statistics.bootstrap``). The headline and the searches on
  the GPU ask for more of it: BCa beside the percentile interval, tails as Student's t asks of few
  files (``scripts.statistics.intervals``), since they are quoted over as few as three files, where
  the plain one covers too little; ``scripts.statistics.calibration`` measures both. Rates of 0 and
  1 have the exact binomial interval in either.
"""
