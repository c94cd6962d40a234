"""Another machine is said only where the record shows one."""

from __future__ import annotations

import pytest

from scripts.evidence import host
from scripts.lib.files import InputError

XML = """<?xml version="1.0" ?>
<nvidia_smi_log><driver_version>580.95</driver_version>
{}
</nvidia_smi_log>"""
GPU = """<gpu id="00000000:00:06.0"><uuid>GPU-{0}</uuid><serial>165{0}</serial>
<vbios_version>96.00</vbios_version><pci><pci_bus_id>00000000:00:06.0</pci_bus_id></pci>
<platformInfo><chassis_serial_number>N/A</chassis_serial_number><module_id>3</module_id>
</platformInfo></gpu>"""


def held(gpu: str, boot: str | None = None, *uuids: str) -> dict:
    """A set's set.json as far as it names a machine."""
    row: dict = {"leg": "default"}
    if boot is not None:
        gpus = [{"uuid": one} for one in uuids]
        row["machine"] = {"boot": boot, "cpu": "a CPU", "gpus": gpus}
    return {"gpu_uuid": gpu, "provenance": [row]}


def test_every_gpu_of_a_machine_is_listed_with_what_is_told_of_it():
    found = host.gpus(XML.format(GPU.format(1) + GPU.format(2)))
    assert found == [
        {"uuid": f"GPU-{n}", "serial": f"165{n}", "bus": "00000000:00:06.0", "vbios": "96.00",
         "module": "3"} for n in (1, 2)
    ]  # fmt: skip
    with pytest.raises(InputError, match="nvidia-smi"):
        host.gpus("no XML")


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        (held("A"), held("A"), host.SAME_GPU),
        (held("A"), held("B"), host.UNTOLD),
        (held("A"), held("B", "s", "B", "C"), host.OTHER),
        (held("B", "s", "B", "C"), held("A"), host.OTHER),
        (held("A"), held("B", "s", "A", "B"), host.SAME_MACHINE),
        (held("A", "s", "A"), held("B", "s", "B"), host.SAME_MACHINE),
        (held("A", "r", "A", "B"), held("C", "s", "C", "D"), host.OTHER),
        # Started anew in between, and the same GPUs.
        (held("A", "r", "A", "B"), held("B", "s", "A", "B"), host.SAME_MACHINE),
    ],
)
def test_how_two_machines_stand_to_each_other(first, second, word):
    assert host.relation(first, second) == word


def test_a_machine_in_words():
    assert host.machine_of(held("A")) == ""
    assert host.machine_of(held("A", "01234567-", "A", "B")) == "2 GPUs, a CPU, started as 01234567"
