"""The conventions of vLLM and SGLang on config files: one room, data in ``rules.json``.

    from scripts.lib.runtimes.runtime import RUNTIMES, SGLANG, VLLM

    VLLM.file_name(shape, "NVIDIA H200 NVL")  # the name that it asks for, or None
    SGLANG.path(shape, device, "3.6.0")  # below the folder that its variable names, or None
    VLLM.unread("mxfp4_w4a16")  # why it reads no file for a scheme; None if it reads one
    VLLM.device_name("AMD_Instinct_MI325_OAM")  # AMD_Instinct_MI325X, by its table of ids
    SGLANG.since("fp8_w8a8_channel")  # the first release that looks up this name
    SGLANG.shared_experts("DeepSeek-V3", 256)  # 1: it asks for E=257 with top 9

    name = parse_name("E=8,N=64,device_name=NVIDIA_H200.json")  # file_name.py; None: no such name
    VLLM.reachable(name)  # whether that release can ever ask for it
    SGLANG.layer_intermediate(name)  # N of the layer: twice the name's for packed weights

``scripts.lib.runtimes.files`` writes the files; ``scripts.lib.runtimes.table`` holds the rules
against the loaders of released versions.
"""
