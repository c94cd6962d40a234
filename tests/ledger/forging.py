"""Ledgers that were tampered with by somebody who knows how the chain is made."""

from collections.abc import Callable
from pathlib import Path

from scripts.ledger.scan import report
from scripts.lib.chain import Chain, read_chain, read_lines
from tests.measure.bench import CELL, plan_of

OTHER = "NVIDIA_H200/E8-N256-K512-top2-bf16/M8"
PLAN = plan_of([CELL, OTHER])


def forge(source: Path, target: Path, change: Callable[[list[dict]], object]) -> Path:
    """A ledger with the changed bodies of another, its hashes and ``supersedes`` made anew.

    A body's own hash of before is at hand as ``was``; what ``supersedes`` names by such a hash
    names the same line afterwards.
    """
    bodies = [{**line.body, "was": line.hash} for line in read_lines(source)]
    change(bodies)
    chain, made = Chain(target), {}
    for body in bodies:
        old, link = body.pop("was", None), body.get("supersedes")
        made[old] = chain.append(
            body | ({} if link is None else {"supersedes": made.get(link, link)}), sync=False
        )
    chain.close()
    return target


def lines_of(bodies: list[dict], **values: object) -> list[int]:
    """Positions from 0 of the bodies with these values."""
    wanted = values.items()
    return [n for n, body in enumerate(bodies) if all(body.get(k) == v for k, v in wanted)]


def found(ledger: Path) -> set[tuple[int, str]]:
    """Line (from 1) and field of each finding."""
    return {(one["line"], one["field"]) for one in report([ledger])["findings"]}


def planted(honest: Path, tmp_path: Path, change) -> tuple[set[tuple[int, str]], list[dict]]:
    """What is found in a forged ledger, and its bodies."""
    ledger = forge(honest, tmp_path / "forged.jsonl", change)
    return found(ledger), list(read_chain(ledger))


def correct(bodies: list[dict]) -> list[int]:
    """Positions of the correct attempts of the first cell."""
    return lines_of(bodies, kind="attempt", outcome="correct", cell_id=CELL)
