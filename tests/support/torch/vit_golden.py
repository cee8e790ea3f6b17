#!/usr/bin/python3
"""Writes tests/data/nn_vit.txt: the networks of sweeps/vit.ini as PyTorch defines them.

Run: python3 tests/support/torch/vit_golden.py tests/data      (PyTorch 2.15, from PyPI)

Format and inputs are those of nn_golden.py, but parameters are an eighth of its numbers. Arrays of a case: y; the loss;
`params`, how many numbers are learned; `s`, for each parameter tensor the sum of its gradient times fill(31).
"""
import sys

import torch
from torch import nn

from blocks_golden import SequenceOf, transformer
from nn_golden import ClassToken, Position, fill, line, prepare


class Table(nn.Module):
    """Learned numbers of each position of [C,T], kept as [T,C]."""

    def __init__(self, c, t):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(t, c))

    def forward(self, x):
        return x + self.table.T


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(2)


def vit(depth, token):
    return nn.Sequential(nn.Conv2d(1, 64, 4, 4), nn.Flatten(2), *[ClassToken(64)] * token, Table(64, 49 + token),
                         *[transformer(64, 4, 4) for _ in range(depth)], SequenceOf(nn.LayerNorm(64)),
                         Position(0) if token else Mean(), nn.Linear(64, 10))


def main(path):
    n, shape = 3, (1, 28, 28)
    with open(path + "/nn_vit.txt", "w") as out:
        out.write("# PyTorch %s, float64; tests/support/torch/vit_golden.py\n" % torch.__version__)
        for token in 0, 1:
            module = vit(4, token)
            params = prepare(module)
            with torch.no_grad():
                for p in params:
                    p.mul_(0.125)
            out.write("case %d %d %d %d training : patch 4 64, %spositional, { residual identity { layernorm, attention heads 4 }, "
                      "residual identity { layernorm, dense 256, gelu, dense 64 } } x 4, layernorm, %s, dense 10\n" %
                      (*shape, n, "class_token, " * token, "first" if token else "mean"))
            z = module(fill((n, *shape), 37))
            loss = nn.functional.cross_entropy(z, torch.arange(n) * 7 % 10, label_smoothing=0.1)
            loss.backward()
            line(out, "y", z)
            line(out, "loss", loss)
            line(out, "params", torch.tensor(sum(p.numel() for p in params)))
            line(out, "s", torch.stack([(p.grad * fill(p.shape, 31)).sum() for p in params]))


if __name__ == "__main__":
    main(sys.argv[1])
