"""All that is learned before a layer is tuned, from recorded cells of other layers only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scripts.lib.carry import carried_over
from scripts.lib.device import find_device
from scripts.lib.shape import Cell, Shape, parse_shape
from scripts.transfer.committed_files import History
from scripts.transfer.crowd import CROWD_WEIGHT, Crowd
from scripts.transfer.kernel import Kernel
from scripts.transfer.learn_kernel import (
    ANYWHERE,
    CELLS,
    ELSEWHERE,
    NEAR,
    PLAIN_START,
    PREDICTED_START,
    UNFITTED,
    draw,
    learn,
)
from scripts.transfer.legal import LegalSpace
from scripts.transfer.library import (
    MOST_REGRET,
    NEIGHBOURING_BATCHES,
    SIMILAR_LAYERS,
    Library,
    layer_of,
    regret_of,
)
from scripts.transfer.merit import (
    NO_EVIDENCE,
    VOICES,
    Evidence,
    SourceWord,
    evidence_of,
    source_voices,
    weigh,
)
from scripts.transfer.recording import Recording
from scripts.transfer.strategies.s3_offset import learned_offset

Array = NDArray[np.float64]
Predictions = Mapping[Cell, Array]  # logarithms of the predicted latencies of the legal configs


@dataclass(frozen=True)
class Lessons:
    """Learned without the layers of ``left_out``, in every number format; see scripts.lib.teaching.

    ``predicted_kernel``: of what graphx-sim's prediction misses. ``plain_kernel``: of the latency
    itself, near the best; ``cold_kernel``: anywhere. ``evidence``: by source GPU, None for none.
    ``judged``: cells that teach were predicted; where none was, a prediction is taken at its word.
    Where no cell is recorded at all, S8 says what other GPUs' files have in common.
    """

    left_out: frozenset[str]
    library: Library
    history: History
    predicted_kernel: Kernel
    plain_kernel: Kernel
    cold_kernel: Kernel
    evidence: Mapping[str | None, Evidence]
    judged: bool
    # Many entrants ask the same of a cell.
    _words: dict[tuple[Cell, str], list[SourceWord]] = field(default_factory=dict)
    _regrets: dict[Cell, tuple[LegalSpace, Array]] = field(default_factory=dict)
    _crowds: dict[str, Crowd] = field(default_factory=dict)

    def knows(self, device: str) -> bool:
        """Whether anything that was recorded on the GPU itself teaches."""
        return any(one.cell.device == device for one in self.library.recordings)

    def kernel_on(self, device: str) -> Kernel:
        """``predicted_kernel`` for a GPU's cells; wider where it was learned on others alone."""
        if self.knows(device) or not self.library.recordings:
            return self.predicted_kernel
        return self.predicted_kernel.wider(ELSEWHERE)

    def words(self, cell: Cell, sources: Iterable[str]) -> list[SourceWord]:
        """What the sources' files hold for a cell; sources without a file are left out."""
        found: list[SourceWord] = []
        for source in sources:
            if (cell, source) not in self._words:
                said = source_words(self.history, cell, [source], self.left_out)
                self._words[cell, source] = said
            found += self._words[cell, source]
        return found

    def weights(
        self, sources: Collection[str], heard: Collection[str], unseen: Collection[str] = ()
    ) -> Array:
        """Weights of ``VOICES`` for these sources, from all recorded cells of such vendors.

        ``unseen``: sources that nothing is to be learned from.
        """
        vendors = {find_device(source).vendor for source in sources}
        total = NO_EVIDENCE
        for source, found in self.evidence.items():
            if source in unseen:
                continue
            vendor = None if source is None else find_device(source).vendor
            if (vendor in vendors) if vendors else vendor is None:
                total = total + found
        weights = weigh(total, heard)
        if not self.judged and "S6" in heard:
            weights[VOICES.index("S6")] = 1.0
        if not self.library.recordings and "S8" in heard:
            weights[VOICES.index("S8")] = CROWD_WEIGHT
        return weights

    def said(
        self, cell: Cell, legal: LegalSpace, words: Sequence[SourceWord], predicted: Array | None
    ) -> Array:
        """What each of ``VOICES`` says of each legal config, shape (configs, 6)."""
        known = self._regrets.get(cell)
        if known is None or known[0] is not legal:
            found = library_voices(self.library, cell, legal, self.left_out)
            if not self.library.recordings:
                found[:, 1] = self._crowd(cell.device).unlikely(cell, legal)
            known = legal, found
            self._regrets[cell] = known
        return voices(legal, words, predicted, known[1])

    def _crowd(self, device: str) -> Crowd:
        if device not in self._crowds:
            self._crowds[device] = Crowd(self.history, find_device(device))
        return self._crowds[device]


def source_words(
    history: History, cell: Cell, sources: Iterable[str], left_out: Collection[str]
) -> list[SourceWord]:
    """As ``Lessons.words``; the target's files of layers left out teach no offset."""
    files, target = history.files(cell.shape), find_device(cell.device)
    return [
        SourceWord(
            carried_over(files[source].at(cell.tokens), target),
            learned_offset(
                history,
                source,
                cell.device,
                cell.shape,
                cell.tokens,
                without=[_any_format(layer) for layer in left_out],
            ),
        )
        for source in sources
        if source in files
    ]


def library_voices(
    library: Library, cell: Cell, legal: LegalSpace, without: Collection[str]
) -> Array:
    """What S5 and S8 say, shape (configs, 2); layers in ``without`` are not looked at."""
    similar = library.expected_regret(cell, legal, SIMILAR_LAYERS, without)
    regime = library.expected_regret(cell, legal, NEIGHBOURING_BATCHES, without)
    return np.stack([similar, regime], axis=1)


def voices(
    legal: LegalSpace, words: Sequence[SourceWord], predicted: Array | None, by_library: Array
) -> Array:
    """What each of ``VOICES`` says, shape (configs, 6); ``by_library``: S5 and S8."""
    copies, near, moved = source_voices(words, legal).T
    similar, regime = by_library.T
    behind = np.zeros(len(legal)) if predicted is None else predicted - predicted.min()
    said = {"S1": copies, "S2": near, "S3": moved, "S5": similar, "S6": behind, "S8": regime}
    return np.stack([said[voice] for voice in VOICES], axis=1)


def _any_format(layer: str) -> Shape:
    return parse_shape(f"{layer}-bf16")


def learn_lessons(
    left_out: Collection[str],
    library: Library,
    history: History,
    predictions: Predictions,
    seed: int,
    *,
    kernels: bool = True,
) -> Lessons:
    """Everything, from the library's recordings of layers that are not in ``left_out``.

    ``kernels``: no if nothing will be searched, for they take most of the time.
    """
    others = [one for one in library.recordings if layer_of(one.cell.shape) not in left_out]
    predicted = [one for one in others if one.cell in predictions]

    def kernel(recordings: Sequence[Recording], start: Kernel, ranks: float) -> Kernel:
        if not library.recordings and start is PREDICTED_START:
            return UNFITTED
        by = predictions if start is PREDICTED_START else {}
        return _kernel(recordings, by, start, ranks, seed) if kernels else start

    return Lessons(
        frozenset(left_out),
        library,
        history,
        kernel(predicted, PREDICTED_START, NEAR),
        kernel(others, PLAIN_START, NEAR),
        kernel(others, PLAIN_START, ANYWHERE),
        _evidence(others, library, history, predictions, left_out),
        bool(predicted),
    )


def learn_cold_kernel(held_out: str, recordings: Sequence[Recording], seed: int) -> Kernel:
    """``Lessons.cold_kernel`` by itself; ``held_out``: the name of a layer."""
    others = [one for one in recordings if layer_of(one.cell.shape) != held_out]
    return _kernel(others, {}, PLAIN_START, ANYWHERE, seed)


def _kernel(
    recordings: Sequence[Recording],
    predictions: Predictions,
    start: Kernel,
    ranks: float,
    seed: int,
) -> Kernel:
    # Evenly spaced over the sorted cells: all schemes and layers, small and large batches.
    spread = np.linspace(0, len(recordings) - 1, min(CELLS, len(recordings))).round().astype(int)
    samples = []
    for place in spread.tolist():
        one = recordings[place]
        logs = np.log(one.latency_us[: len(one.legal)])
        samples.append(draw(one.legal, predictions.get(one.cell), logs, ranks, seed + place))
    return learn(samples, start)


def _evidence(
    recordings: Sequence[Recording],
    library: Library,
    history: History,
    predictions: Predictions,
    left_out: Collection[str],
) -> dict[str | None, Evidence]:
    total: dict[str | None, Evidence] = {}
    for one in recordings:
        own = layer_of(one.cell.shape)
        predicted = predictions.get(one.cell)
        files = history.files(one.cell.shape)
        by_library = library_voices(library, one.cell, one.legal, {*left_out, own})
        # Where regret is cut off, the voices are not.
        regret = regret_of(one)
        good = regret < MOST_REGRET
        for source in [None, *(name for name in files if name != one.cell.device)]:
            words = source_words(history, one.cell, [source] if source else [], left_out)
            said = voices(one.legal, words, predicted, by_library)[good]
            total[source] = total.get(source, NO_EVIDENCE) + evidence_of(said, regret[good])
    return total
