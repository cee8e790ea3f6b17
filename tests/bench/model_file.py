"""Reads a safetensors file, for the scripts that give a network of sweep to PyTorch."""
import json


def read_model(path):
    """Metadata (none: {}), and tensors of floats by name, in the order of their layers where names begin with numbers."""
    import numpy
    import torch
    with open(path, "rb") as f:
        head = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        data = f.read()
    about = head.pop("__metadata__", {})

    def tensor(t):
        first, last = t["data_offsets"]
        return torch.from_numpy(numpy.frombuffer(data[first:last], numpy.float32).reshape(t["shape"]).copy())

    def layer(name):
        first = name.split(".")[0]
        return int(first) if first.isdigit() else 0
    return about, {name: tensor(head[name]) for name in sorted(head, key=layer)}
