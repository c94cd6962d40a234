"""The recorded compilations, which many tests of this phase ask."""

from pathlib import Path

import pandas as pd
import pytest

from scripts.space.judge import read_compiled

FOLDER = Path(__file__).parents[2] / "data/recorded/space"


@pytest.fixture(scope="session")
def compiled() -> pd.DataFrame:
    """All recorded COMPILED rows."""
    paths = sorted(FOLDER.glob("*.parquet"))
    if not paths:
        pytest.skip("data/recorded/space is not restored; `make restore` fetches it")
    return read_compiled(paths)
