"""What a runtime is asked for when one layer of a model runs on a GPU."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.lib.device import Vendor, record_of
from scripts.lib.shape import Shape

# The argument of both runtimes' functions that says a scheme's number formats; 16 bits have none.
_FLAGS = {
    "fp8_w8a8": "use_fp8_w8a8",
    "int8_w8a8": "use_int8_w8a8",
    "int8_w8a16": "use_int8_w8a16",
    "int4_w4a16": "use_int4_w4a16",
}
# int8_w8a16 has no groups here, but the kernel for groups reads the same file and wants more of it.
_GROUPS = {"int4_w4a16": 128, "int4_w4a16_g32": 32, "int4_w4a16_zp": 128, "int8_w8a16": 128}


@dataclass(frozen=True)
class Request:
    """One layer on one GPU. ``device_name``: torch's; ``device_id``: AMD's, where known."""

    shape: Shape
    device_name: str
    device_id: str | None = None
    amd: bool = False

    @property
    def flag(self) -> str | None:
        """The argument that says the number formats."""
        return next((f for word, f in _FLAGS.items() if self.shape.scheme.startswith(word)), None)

    @property
    def block_shape(self) -> list[int] | None:
        """(n, k) of a block, (0, group) of packed weights, or None."""
        group = _GROUPS.get(self.shape.scheme)
        if group is not None:
            return [0, group]
        return [128, 128] if self.shape.scheme.endswith("_b128x128") else None

    @property
    def launchable(self) -> bool:
        """Whether a launch can be made up: other formats launch the kernel of 16 bits."""
        return self.flag is None or self.shape.scheme in _GROUPS

    @property
    def per_channel(self) -> bool:
        """Whether the weights have a scale for each output channel."""
        return self.shape.scheme in {"fp8_w8a8_channel", "int8_w8a8"}

    @property
    def weight_shapes(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        """Of gate-up [E, 2N, K] and down [E, K, N], two numbers to a byte where packed."""
        one, packed = self.shape, 2 if self.shape.scheme.startswith("int4") else 1
        return (
            (one.experts, 2 * one.intermediate, one.hidden // packed),
            (one.experts, one.hidden, one.intermediate // packed),
        )


def request(shape: Shape, device: str) -> Request:
    """As a machine with that GPU would ask; ``device`` as in config files."""
    record = record_of(device)
    if record is None:
        return Request(shape, device)
    name = record.torch_name.replace("_", " ")
    return Request(shape, name, record.device_id, record.vendor is Vendor.AMD)
