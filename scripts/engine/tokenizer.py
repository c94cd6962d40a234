"""A tokenizer of one word a token, for a server whose weights are random.

A benchmark over HTTP sends text and a server answers with text: words stand one to one for tokens,
so that prompts have the length that was asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scripts.lib.files import write_json


def word(token: int) -> str:
    """The text of a token."""
    return f"w{token}"


def write_tokenizer(folder: Path, vocabulary: int) -> None:
    """Write tokenizer.json and tokenizer_config.json of ``vocabulary`` words."""
    model = {
        "type": "WordLevel",
        "vocab": {word(token): token for token in range(vocabulary)},
        "unk_token": word(0),
    }
    whole: dict[str, Any] = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": None, "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None, "decoder": None, "model": model,
    }  # fmt: skip
    write_json(folder / "tokenizer.json", whole)
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 1 << 20},
    )
