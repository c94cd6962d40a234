"""What goes wrong on a GPU. Each gets the output that the kernel has just written."""

import torch
import triton
import triton.language as tl


@triton.jit
def write_far_kernel(out_ptr, distance):
    tl.store(out_ptr + distance, 1.0)


@triton.jit
def spin_kernel(flag_ptr):
    flag = tl.load(flag_ptr, volatile=True)
    while flag == 0:
        flag = tl.load(flag_ptr, volatile=True)


@triton.jit
def write_nan_kernel(out_ptr):
    tl.store(out_ptr, float("nan"))


def illegal_access(out: torch.Tensor) -> None:
    write_far_kernel[(1,)](out, 1 << 40)


def endless_loop(out: torch.Tensor) -> None:
    spin_kernel[(1,)](torch.zeros(1, dtype=torch.int32, device=out.device))


def out_of_memory(out: torch.Tensor) -> None:
    torch.empty(1 << 50, dtype=torch.uint8, device=out.device)


def one_nan(out: torch.Tensor) -> None:
    write_nan_kernel[(1,)](out[-1, -1:])
