#!/usr/bin/env python3
"""Images per second of PyTorch (Debian: python3-torch), one thread, training the networks that sweep is compared on.

  python3 torch_n1.py NET BATCH DROPOUT SECONDS      NET: n1, mlp, cifar
Prints the speed and which part of the time the process had its core: only that counts. Random images: speed does not
depend on them. compare.py runs it beside sweep."""
import sys
import time

import torch
from torch import nn


def block(i, o, k, p, pad=0):
    layers = [nn.Conv2d(i, o, k, bias=False, padding=pad), nn.BatchNorm2d(o), nn.ReLU()]
    return layers + ([nn.Dropout(p)] if p > 0 else [])


def n1(p):
    return (1, 28, 28), nn.Sequential(
        *block(1, 10, 3, p), *block(10, 16, 3, p), *block(16, 20, 3, p), nn.MaxPool2d(2), *block(20, 10, 1, 0),
        *block(10, 16, 3, p), *block(16, 16, 3, p), *block(16, 20, 3, 0), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(20, 10))


def mlp(p):
    drop = [nn.Dropout(p)] if p > 0 else []
    return (1, 28, 28), nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), *drop, nn.Linear(128, 10))


def cifar(p):
    return (3, 32, 32), nn.Sequential(
        *block(3, 32, 3, p, 1), *block(32, 32, 3, p, 1), nn.MaxPool2d(2), *block(32, 64, 3, p, 1),
        *block(64, 64, 3, p, 1), nn.MaxPool2d(2), *block(64, 128, 3, p, 1), *block(128, 128, 3, p, 1),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


def main():
    net, batch, p, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    torch.set_num_threads(1)
    torch.manual_seed(1)
    shape, model = {"n1": n1, "mlp": mlp, "cifar": cifar}[net](p)
    x, y = torch.randn(batch, *shape), torch.randint(10, (batch,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-4)
    loss = nn.CrossEntropyLoss()

    def step():
        value = loss(model(x), y)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()

    for _ in range(5):
        step()
    steps, began, own = 0, time.perf_counter(), time.process_time()
    while steps < 3 or time.perf_counter() - began < seconds:
        step()
        steps += 1
    own, wall = time.process_time() - own, time.perf_counter() - began
    print(round(steps * batch / own), "%.3f" % (own / wall))


if __name__ == "__main__":
    main()
