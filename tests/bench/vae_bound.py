#!/usr/bin/env python3
"""Does a variational autoencoder reach the bound here that it reaches in PyTorch? Trains 784-400-20 on MNIST with the same
recipe on both sides, several seeds each, and prints the bound on the test images after the last epoch, in nats of an
image, and the difference of the means.

  python3 tests/bench/vae_bound.py build/gcc/sweep [--python PYTHON] [--seeds 2] [--epochs 3] [--images 60000]
Data: MNIST under $SWEEP_DATA (default ../shared/data beside the project), pixels from 0 to 1. Recipe: that of PyTorch's
example: batches of 128, Adam with 0.001, the binary cross-entropy summed over the pixels plus the divergence from N(0, 1),
PyTorch's default weights and biases, uniform up to 1 / sqrt(inputs) (init = pytorch). Outside training both take the
means of the code. PYTHON has PyTorch and NumPy. Three epochs of two seeds take two minutes."""
import argparse
import csv
import glob
import gzip
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SWEEP = """
[sweep]
name      = vae
repeats   = {seeds}
objective = min train_loss
[data]
dataset    = mnist
train      = {images}
validation = 0
normalize  = unit
[model]
init   = pytorch
layers =
    flatten, dense 400, relu, dense 40, sample
    dense 400, relu, dense 784, reshape 1x28x28
[train]
task       = reconstruct
loss       = bce
epochs     = {epochs}
batch_size = 128
optimizer  = adam
lr         = 0.001
select     = last
"""


def data_folder():
    root = os.environ.get("SWEEP_DATA", os.path.join(HERE, "../../../shared/data"))
    return os.path.join(root, "mnist") if os.path.isdir(os.path.join(root, "mnist")) else root


def with_sweep(a):
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/vae.ini", "w") as f:
            f.write(SWEEP.format(seeds=a.seeds, images=a.images, epochs=a.epochs))
        subprocess.run([a.sweep, f.name, "-q", "--no-plots", "-j", "1", "--out", folder, "data.path=" + data_folder()],
                       check=True, stdout=subprocess.DEVNULL)
        with open(folder + "/results/vae.csv", newline="") as f:
            return [float(row["test_loss"]) for row in csv.DictReader(f)]


def with_torch(a):
    """In a process of PYTHON's, which prints a line a seed."""
    out = subprocess.run([a.python, os.path.abspath(__file__), "--torch", data_folder(), "--seeds", str(a.seeds), "--epochs",
                          str(a.epochs), "--images", str(a.images)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(line) for line in out.split()]


def load(folder, stem):
    import numpy
    import torch
    path = sorted(glob.glob(os.path.join(folder, stem + "*")))[0]
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        raw = numpy.frombuffer(f.read(), numpy.uint8, offset=16)
    return torch.from_numpy(raw.copy()).float().reshape(-1, 784) / 255


def side_of_torch(a):
    import torch
    from torch import nn
    torch.set_num_threads(1)
    x, test = load(a.torch, "train-images")[:a.images], load(a.torch, "t10k-images")

    def loss(net, x, draw):
        mean, log_variance = net["code"](torch.relu(net["enc"](x))).chunk(2, 1)
        code = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance) if draw else mean
        z = net["out"](torch.relu(net["dec"](code)))
        divergence = -0.5 * (1 + log_variance - mean * mean - log_variance.exp()).sum()
        return nn.functional.binary_cross_entropy_with_logits(z, x, reduction="sum") + divergence

    for seed in range(a.seeds):
        torch.manual_seed(seed)
        net = nn.ModuleDict({"enc": nn.Linear(784, 400), "code": nn.Linear(400, 40), "dec": nn.Linear(20, 400),
                             "out": nn.Linear(400, 784)})
        adam = torch.optim.Adam(net.parameters(), lr=1e-3)
        for _ in range(a.epochs):
            for at in torch.randperm(len(x)).split(128):
                adam.zero_grad()
                (loss(net, x[at], True) / len(at)).backward()
                adam.step()
        with torch.no_grad():
            print("%.9g" % (sum(loss(net, part, False).item() for part in test.split(1000)) / len(test)), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sweep", nargs="?", help="the program")
    p.add_argument("--python", default=sys.executable)
    p.add_argument("--seeds", type=int, default=2)
    p.add_argument("--epochs", type=int, default=3)
    p.add_argument("--images", type=int, default=60000)
    p.add_argument("--torch", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.torch:
        side_of_torch(a)
        return
    if not a.sweep:
        p.error("which program?")
    own, other = with_sweep(a), with_torch(a)
    for name, v in (("sweep", own), ("PyTorch", other)):
        print("%-8s %.3f nats (%s)" % (name, statistics.mean(v), ", ".join("%.3f" % x for x in v)))
    print("sweep less PyTorch: %+.3f" % (statistics.mean(own) - statistics.mean(other)))


main()
