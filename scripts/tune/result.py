"""What tuning a layer came to: a record for each batch size, the files, a summary to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.lib.config import Config, parse_id
from scripts.lib.files import InputError, write_json
from scripts.lib.runtimes.files import write_runtime_files
from scripts.transfer.oracle import Trial
from scripts.tune.layer import Wanted
from scripts.tune.naming import untold
from scripts.tune.turns import Search
from scripts.tune.verdict import RACE, Choice, Finals, choose

Body = dict[str, Any]
# Of the record; 5: untold also names what strayed trials do not tell; 4: it also names finalists
# and untried configs; 3: untold, seconds by step; 2: Triton's version; 1: first version.
VERSION = 5


def batch_record(
    search: Search,
    trials: Mapping[str, Trial],
    held: Body | None,
    references: Mapping[str, Config],
    margin: float,
    rank: Mapping[str, int],
) -> Body:
    """One batch size: the choice, what ties with it, how far ahead it is, what it gained.

    ``rank``: as of ``choose``. InputError if no config of the search came to the finals.
    """
    cell = search.cell
    finals = Finals(held["slots"], held["us"], RACE.level) if held else None
    searched = [config.id for config, _ in search.steps]
    if finals is None or not set(finals.configs) & set(searched):
        why = next((t.reason for t in trials.values() if t.latency_us is None), None)
        raise InputError(f"{cell.id}: no config could be measured ({why or search.ended})")
    ids = {name: config.id for name, config in references.items()}
    choice = choose(finals, ids, searched, rank)
    spent = sum(trial.gpu_seconds for _, trial in search.steps)
    return {
        "tokens": cell.tokens,
        "cell_id": cell.id,
        "config_id": choice.config,
        "entry": parse_id(choice.config).to_entry(),
        "kept": choice.kept,
        "found_id": choice.found,
        "median_us": round(finals.median_us(choice.config), 4),
        "rounds": finals.rounds,
        "ties": {n: r.to_json() for n, r in finals.ties(choice.config, margin).items()},
        "untold": untold(search, trials, finals, choice.config, margin, ids.get("committed")),
        "margin": _margin(finals, choice),
        "gained": _gained(finals, choice, ids, trials, margin),
        "trials": len(search.steps),
        "trials_to_best": _place(search, choice.found),
        "ended": str(search.ended),
        "gpu_seconds": round(spent, 4),
    }


def _margin(finals: Finals, choice: Choice) -> Body | None:
    """The next best over the choice."""
    other = finals.runner_up(choice.config)
    if other is None:
        return None
    return {"config_id": other, **finals.shown(other, choice.config).to_json()}


def _gained(
    finals: Finals,
    choice: Choice,
    references: Mapping[str, str],
    trials: Mapping[str, Trial],
    margin: float,
) -> Body:
    """By reference: the search's own best over it, and that as a word.

    Of one that its trial told from the fastest, how far ``behind`` that it was; or an ``error``.
    """
    gained: Body = {}
    for name, config in references.items():
        if config in finals.configs:
            ratio = finals.shown(choice.found, config)
            gained[name] = {"config_id": config, **ratio.to_json(), "word": ratio.word(margin)}
        else:
            gained[name] = {"config_id": config, **_apart(trials, config)}
    return gained


def _apart(trials: Mapping[str, Trial], config: str) -> Body:
    """Of a reference that did not meet in the finals: its trial over the fastest, or an error."""
    trial = trials.get(config)
    if trial is None:
        return {"error": "not tried"}
    if trial.latency_us is None:
        return {"error": f"{trial.outcome}: {trial.reason}"}
    best = min(one.latency_us for one in trials.values() if one.latency_us is not None)
    return {"behind": round(trial.latency_us / best, 6)}


def _place(search: Search, config_id: str) -> int | None:
    """Which of the search's trials it was, from 1."""
    ids = [config.id for config, _ in search.steps]
    return ids.index(config_id) + 1 if config_id in ids else None


def write_result(folder: Path, wanted: Wanted, record: Body, triton: str) -> Body:
    """Write the runtimes' files and then the record that names them; returns the record.

    InputError if a runtime does not take an entry; what was found is in the record all the same.
    """
    configs = {batch["tokens"]: parse_id(batch["config_id"]) for batch in record["batches"]}
    try:
        paths = write_runtime_files(folder, wanted.shape, wanted.device, configs, triton)
    except InputError:
        bare = {"version": VERSION, **record, "triton": triton, "files": {}}
        write_json(folder / "tuned.json", bare)
        raise
    files = {name: None if path is None else path.as_posix() for name, path in paths.items()}
    whole = {"version": VERSION, **record, "triton": triton, "files": files}
    write_json(folder / "tuned.json", whole)
    return whole


def summary_lines(record: Body) -> list[str]:
    """A table of the batches, and what it all took."""
    heads = f"{'M':>5}  {'config':36} {'us':>10} {'ties':>4} {'trials':>6} {'ended':7}"
    lines = [f"{heads} gained over"]
    for batch in record["batches"]:
        kept = f" (kept: {batch['kept']})" if batch["kept"] else ""
        lines.append(
            f"{batch['tokens']:5d}  {batch['config_id']:36} {batch['median_us']:10.2f} "
            f"{len(batch['ties']):4d} {batch['trials']:6d} {batch['ended']:7} "
            f"{_gain_words(batch['gained'])}{kept}"
        )
    lines.append(
        f"{record['trials']} trials on {len(record['batches'])} batch sizes;"
        f" s: {_seconds(record['seconds'])}"
    )
    lines.append(f"measuring, s: {_seconds(record['seconds_of_measure'])}")
    lines.append(f"meanwhile, in a process of its own, s: {_seconds(record['seconds_beside'])}")
    lines += [
        f"{name}: {path}" if path else f"{name}: looks up no file for these number formats"
        for name, path in record["files"].items()
    ]
    return lines


def _seconds(steps: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in steps.items())


def _gain_words(gained: Mapping[str, Body]) -> str:
    said = []
    for name, found in gained.items():
        if "error" in found:
            said.append(f"{name}: did not run")
        elif "behind" in found:
            said.append(f"{name} {100 * (found['behind'] - 1):+.1f}% (by its trial)")
        else:
            said.append(f"{name} {100 * (1 / found['median'] - 1):+.1f}% ({found['word']})")
    return ", ".join(said) or "nothing known"


def totals(batches: Sequence[Body]) -> Body:
    """Counts over the batches."""
    return {
        "trials": sum(batch["trials"] for batch in batches),
        "trial_seconds": round(sum(batch["gpu_seconds"] for batch in batches), 3),
        "ended": {
            end: sum(batch["ended"] == end for batch in batches)
            for end in sorted({batch["ended"] for batch in batches})
        },
    }
