"""One runtime: the files it asks for on a GPU, and which of given names it can ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.device import record_of
from scripts.lib.files import InputError
from scripts.lib.runtimes.file_name import FileName
from scripts.lib.runtimes.rules import Rules, read_rules, release
from scripts.lib.shape import Shape

# What files are written for unless told: of the recordings that predictions come from, and what
# torch 2.11 brings.
TRITON = "3.6.0"


@dataclass(frozen=True)
class Runtime:
    """The rules of a runtime, applied. ``version``: a release; by default the newest known."""

    rules: Rules

    @property
    def name(self) -> str:
        """``vllm`` or ``sglang``."""
        return self.rules.name

    def file_name(self, shape: Shape, device: str, version: str | None = None) -> str | None:
        """The name that it looks up; None where it looks up none, see ``unread``.

        ``device``: as in config files or as torch reports it.
        """
        form = self.rules.formats.get(shape.scheme)
        if form is None:
            return None
        block = f"[{form.block[0]},{form.block[1]}]" if form.block else ""
        asks = form.since is None or version is None or release(version) >= release(form.since)
        return FileName(
            shape.experts,
            shape.intermediate // form.packed,
            self.device_name(device, version),
            form.dtype,
            block,
            per_channel=form.per_channel and asks,
            gap=self.rules.block_gap if block else "",
        ).file_name

    def path(self, shape: Shape, device: str, triton: str) -> Path | None:
        """Where it looks below the folder that ``rules.folder_variable`` names, or None.

        ``triton``: the version of Triton that the configs were found with.
        """
        name = self.file_name(shape, device)
        if name is None:
            return None
        return Path("configs", triton_folder(triton), name) if self.triton_folders else Path(name)

    @property
    def triton_folders(self) -> bool:
        """Whether files lie in a folder for each version of Triton."""
        return self.rules.triton_folders

    def unread(self, scheme: str) -> str | None:
        """Why it reads no file for a scheme, for a reader; None if it reads one."""
        if scheme in self.rules.formats:
            return None
        return f"{self.name} {self.rules.unread.get(scheme, 'looks up no file for it')}"

    def since(self, scheme: str) -> str:
        """The first release that looks up the file of a scheme, of those that the rules cover."""
        form = self.rules.formats[scheme]
        return form.since or self.rules.versions[0]

    def device_name(self, device: str, version: str | None = None) -> str:
        """What it calls a GPU; of one that is not known here, what follows from the name alone."""
        record = record_of(device)
        name = record.torch_name if record else device
        known = self.rules.device_ids.get(record.device_id) if record and record.device_id else None
        if known and (version is None or release(version) >= release(known.since)):
            name = known.name
        name = re.sub(self.rules.device_blanks, "_", name)
        words = name.split("_")
        families = self.rules.device_families
        return next((whole for word, whole in families.items() if word in words), name)

    def reachable(self, name: FileName, version: str | None = None) -> bool:
        """Whether its naming rules can ever ask for a file of that name."""
        if self.device_name(name.device, version) != name.device:
            return False
        if (name.per_channel and not self.rules.per_channel_names) or (
            name.down and not self.rules.down_names
        ):
            return False
        if name.block_shape and name.gap != self.rules.block_gap:
            return False
        if name.backend:
            said = {
                "backend": name.backend,
                "dtype": name.dtype,
                "block_shape": name.block_shape,
            }
            return said in self.rules.other_names
        return name.dtype in self.rules.dtypes

    def layer_intermediate(self, name: FileName) -> int:
        """The intermediate size of the layer per rank, which a name may give packed."""
        packed = (f.packed for f in self.rules.formats.values() if f.dtype == name.dtype)
        return name.intermediate * next(packed, 1)

    def shared_experts(self, model: str, experts: int) -> int:
        """How many shared experts it runs as routed ones unless told not to; 0 if none.

        ``model``: as in the table of models; ``experts``: its routed ones, not divided. With n of
        them the layer that it asks a file for has E + n experts and top_k + n of them a token.
        Holds without expert parallelism.
        """
        for fusion in self.rules.fuses_shared_experts:
            if model in fusion.models and fusion.experts in (None, experts):
                return fusion.shared
        return 0


def triton_folder(triton: str) -> str:
    """The folder of a Triton version, by its digits alone: ``3.6.0+rocm7`` is triton_3_6_0.

    SGLang makes integers of the parts of every such folder's name and raises on any other.
    InputError if the version has no digits to go by.
    """
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", triton)
    if match is None:
        raise InputError(f"triton {triton!r}: is no version such as 3.6.0")
    return "triton_" + "_".join(part or "0" for part in match.groups())


RUNTIMES: Mapping[str, Runtime] = {name: Runtime(rules) for name, rules in read_rules().items()}
VLLM = RUNTIMES["vllm"]
SGLANG = RUNTIMES["sglang"]
