"""What may teach graphx-sim and what may not: planted trials must not be found."""

import numpy as np
import pandas as pd

from scripts.lib.schemas.sim import SIM_HELD_OUT
from scripts.lib.tables import to_arrow
from scripts.lib.teaching import NO_FAMILIES, Families, Teaching
from scripts.sim.evaluate import held_out_of, predict_taught
from scripts.sim.facts import read_facts
from scripts.sim.recorded import described

OTHER = "NVIDIA_H100_80GB_HBM3"
HELD, KIN = "E8-N1792-K4096-top2", "E8-N3584-K4096-top2"


def few(measured: pd.DataFrame) -> pd.DataFrame:
    """Every 24th trial of one batch."""
    some = measured[measured["tokens"] == 64].iloc[::24]
    return described(some[["cell_id", "config_id", "us", "stamped_us"]])


def predicted(
    rows: pd.DataFrame, teaching: Teaching, families: Families = NO_FAMILIES
) -> pd.DataFrame:
    return predict_taught(rows, read_facts([]), teaching, families, 1, 1)


def twisted(rows: pd.DataFrame, where: pd.Series) -> pd.DataFrame:
    return rows.assign(us=rows["us"].where(~where, rows["us"].to_numpy()[::-1]))


def renamed(rows: pd.DataFrame) -> pd.DataFrame:
    """The same trials as if another GPU had made them."""
    names = rows["cell_id"].str.replace("NVIDIA_H200", OTHER)
    other = rows.assign(cell_id=names)
    return described(pd.concat([rows, other])[["cell_id", "config_id", "us", "stamped_us"]])


def test_a_planted_family_member_does_not_teach_where_the_family_is_left_out(
    measured: pd.DataFrame,
) -> None:
    rows = few(measured)
    kin = Families({HELD: "Mixtral", KIN: "Mixtral"})
    own = rows["layer"] == HELD
    assert (rows["layer"] == KIN).any()
    planted = twisted(rows, rows["layer"] == KIN)
    for teaching, same in ((Teaching.FAMILY_OUT, True), (Teaching.LAYER_OUT, False)):
        plain, leaking = (predicted(given, teaching, kin) for given in (rows, planted))
        equal = (plain["corrected_us"] == leaking["corrected_us"])[own]
        assert equal.all() if same else not equal.all()


def test_a_second_gpu_leaves_the_first_ones_predictions(measured: pd.DataFrame) -> None:
    rows = few(measured)
    both = predicted(renamed(rows), Teaching.LAYER_OUT)
    first = both[both["device"] == "NVIDIA_H200"].reset_index(drop=True)
    alone = predicted(rows, Teaching.LAYER_OUT)
    assert first["corrected_us"].tolist() == alone["corrected_us"].tolist()


def test_a_gpu_left_out_is_predicted_from_the_others_or_by_the_equations_alone(
    measured: pd.DataFrame,
) -> None:
    rows = few(measured)
    both = renamed(rows)
    own = both["device"] == "NVIDIA_H200"
    plain, leaking = (predicted(given, Teaching.GPU_OUT) for given in (both, twisted(both, own)))
    assert (plain["corrected_us"] == leaking["corrected_us"])[own].all()
    assert (plain["corrected_us"] != leaking["corrected_us"])[~own].any()
    alone = predicted(rows, Teaching.GPU_OUT)
    assert alone["corrected_us"].tolist() == alone["analytical_us"].tolist()
    assert np.isfinite(alone["corrected_us"]).all()


def test_the_choice_is_stamped(measured: pd.DataFrame) -> None:
    found = held_out_of(predicted(few(measured), Teaching.GPU_OUT), Teaching.GPU_OUT)
    assert set(found["teaching"]) == {"gpu_out"}
    assert to_arrow(found, SIM_HELD_OUT).num_rows == len(found)
