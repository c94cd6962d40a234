"""Which runs a cell gets, and proposals that are none."""

from pathlib import Path

import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.transfer import PROPOSALS
from scripts.lib.tables import write_table
from scripts.transfer.runs import Proposal, read_proposals, runs_of
from tests.transfer.study import CELLS_SMALL, CONFIGS, LEGAL, filled, proposal_rows

CELL = CELLS_SMALL[0]


def test_one_run_per_proposal_per_seed_and_one_exhaustive() -> None:
    proposals = [
        Proposal("S1", "NVIDIA_B200", CONFIGS[0]),
        Proposal("S2", "NVIDIA_B200", CONFIGS[0]),
        Proposal("default", None, CONFIGS[1]),
    ]
    runs = list(runs_of(CELL, proposals, LEGAL, seeds=2, budgets=[1, 8]))
    assert [(run.name, run.source, run.seed, run.budgets) for run in runs] == [
        ("S1", "NVIDIA_B200", 0, [1, 8]),
        ("S2", "NVIDIA_B200", 0, [1, 8]),
        ("default", None, 0, [1, 8]),
        ("random", None, 0, [1, 8]),
        ("random", None, 1, [1, 8]),
        ("exhaustive", None, 0, [48]),
    ]


def test_an_unknown_strategy_offers_the_nearest() -> None:
    proposals = [Proposal("comitted", None, CONFIGS[0])]
    with pytest.raises(InputError, match="unknown strategy 'comitted'; nearest: committed"):
        list(runs_of(CELL, proposals, LEGAL, seeds=0, budgets=[1]))


def test_s2_needs_the_source_config_beside_it() -> None:
    proposals = [Proposal("S2", "NVIDIA_B200", CONFIGS[0])]
    with pytest.raises(InputError, match="S2 from NVIDIA_B200 has no S1 beside it"):
        list(runs_of(CELL, proposals, LEGAL, seeds=0, budgets=[1]))


def test_proposals_are_read_by_cell(tmp_path: Path) -> None:
    write_table(tmp_path / "p", filled(PROPOSALS, proposal_rows()), PROPOSALS)
    proposals = read_proposals(tmp_path / "p")
    assert set(proposals) == set(CELLS_SMALL)
    assert len(proposals[CELL]) == 6
    assert proposals[CELL][0] == Proposal("S1", "NVIDIA_H100_80GB_HBM3", CONFIGS[5])
    assert proposals[CELL][-1] == Proposal("default", None, CONFIGS[11])


@pytest.mark.parametrize("change", [{"cell_id": "H200/M1"}, {"config_id": "M16-N64"}])
def test_a_row_that_is_no_proposal_is_named(change: dict[str, str], tmp_path: Path) -> None:
    row = proposal_rows()[0] | change
    write_table(tmp_path / "p", filled(PROPOSALS, [row]), PROPOSALS)
    with pytest.raises(InputError, match=next(iter(change.values()))):
        read_proposals(tmp_path / "p")
