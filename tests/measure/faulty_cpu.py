"""What goes wrong on a CPU. Each gets the output that the kernel has just written."""

import ctypes

import torch


def illegal_access(out: torch.Tensor) -> None:
    ctypes.string_at(0)


def endless_loop(out: torch.Tensor) -> None:
    while True:
        pass


def out_of_memory(out: torch.Tensor) -> None:
    torch.empty(1 << 60)


def one_nan(out: torch.Tensor) -> None:
    out[-1, -1] = torch.nan
