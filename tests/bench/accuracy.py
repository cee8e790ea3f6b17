#!/usr/bin/env python3
"""Is a network as accurate here as in PyTorch? Trains it on CIFAR-10 with the same recipe on both sides, several seeds
each, and prints the accuracies on the same test images, the difference of the means and its 95 % interval (Welch).

  python3 tests/bench/accuracy.py build/release/sweep [--net resnet20|cifar] [--python PYTHON] [--seeds 5] [--epochs 15]
                                  [--images 8000] [--augment] [--precision fp32|bf16] [--threads 1]
NET is a network of `sweep list benchmarks`: ResNet-20 with projections, or six 3x3 convolutions of 32 to 128 channels.
Data: $SWEEP_DATA/cifar10 (default ../shared/data beside the project), the records of all files in it: of data_batch_1 the
first --images train, all that are left and those of the test file test. Recipe: He's normal weights everywhere, SGD with
momentum 0.9, weight decay 5e-4 on weights alone, lr 0.1 down half a cosine, batches of 64 without the rest, channels
normalized by the training images; --augment mirrors half of the images and cuts them out of a border of 4 zeros. PYTHON
has PyTorch and NumPy. Five seeds of 15 epochs of either take the better part of two hours on one core."""
import argparse
import csv
import glob
import gzip
import math
import os
import statistics
import subprocess
import sys
import tempfile

import peers

HERE = os.path.dirname(os.path.abspath(__file__))
RECORD = 3073
SWEEP = """
[sweep]
name      = {net}
repeats   = {seeds}
objective = max train_accuracy
[data]
dataset    = cifar10
path       = {folder}
validation = 0
normalize  = standard
augment    = {augment}
[model]
layers ={layers}
[train]
epochs       = {epochs}
batch_size   = 64
drop_last    = yes
optimizer    = sgd
momentum     = 0.9
lr           = 0.1
weight_decay = 5e-4
schedule     = cosine
select       = last
precision    = {precision}
"""
PAIR = """
    { conv 3x3 %d pad 1 bias no, batchnorm, relu } x 2"""
# Each network: its layers, as peers.py has them in PyTorch, and how many parameters it has.
NETS = {"resnet20": ("""
    conv 3x3 16 pad 1 bias no, batchnorm, relu
    { basic 16 } x 3
    basic 32 stride 2, { basic 32 } x 2
    basic 64 stride 2, { basic 64 } x 2
    gap, dense $classes""", 272474),
        "cifar": (", maxpool 2".join(PAIR % width for width in (32, 64, 128)) + """
    gap, dense $classes""", 288746)}


def records(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        return f.read()


def write_data(a, folder):
    """The two files of a, as CIFAR-10 has them, so that both sides read the same."""
    source = os.path.join(os.environ.get("SWEEP_DATA", os.path.join(HERE, "../../../shared/data")), "cifar10")
    first = records(glob.glob(source + "/data_batch_1.bin*")[0])
    test = records(sorted(glob.glob(source + "/test_batch*.bin*"))[0])
    with open(folder + "/data_batch_1.bin", "wb") as f:
        f.write(first[:a.images * RECORD])
    with open(folder + "/test_batch.bin", "wb") as f:
        f.write(first[a.images * RECORD:] + test)


def with_sweep(a, folder):
    with open("%s/%s.ini" % (folder, a.net), "w") as f:
        f.write(SWEEP.format(net=a.net, layers=NETS[a.net][0], seeds=a.seeds, folder=folder, epochs=a.epochs,
                             precision=a.precision, augment="hflip, crop 4" if a.augment else ""))
    subprocess.run([a.sweep, f.name, "-q", "--no-plots", "-j", str(a.threads), "--out", folder], check=True,
                   stdout=subprocess.DEVNULL)
    with open("%s/results/%s.csv" % (folder, a.net), newline="") as f:
        rows = list(csv.DictReader(f))
    assert {row["params"] for row in rows} == {str(NETS[a.net][1])}
    return [float(row["test_accuracy"]) for row in rows]


def with_torch(a, folder):
    """In a process of PYTHON's, which prints a line a seed."""
    out = subprocess.run([a.python, os.path.abspath(__file__), "--torch", folder, "--net", a.net, "--seeds",
                          str(a.seeds), "--epochs", str(a.epochs), "--precision", a.precision, "--threads",
                          str(a.threads)] + ["--augment"] * a.augment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(line) for line in out.split()]


# ---- the side of PyTorch


def network(name):
    import torch
    from torch import nn
    channels, side, net = peers.torch_chain(name, 0) if peers.network(name) else peers.torch_graph(name)
    for m in net.modules():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(m.weight)
    nn.init.zeros_(net[-1].bias)
    assert (channels, side, sum(p.numel() for p in net.parameters())) == (3, 32, NETS[name][1])
    return net.to(memory_format=torch.channels_last)  # the faster layout


def augmented(x):
    import torch
    flip = torch.rand(len(x)) < 0.5
    x = torch.where(flip[:, None, None, None], x.flip(3), x)
    wide = torch.nn.functional.pad(x, (4, 4, 4, 4))
    at = torch.randint(0, 9, (len(x), 2)).tolist()
    return torch.stack([wide[i, :, r:r + 32, c:c + 32] for i, (r, c) in enumerate(at)])


def load(path):
    import numpy
    import torch
    raw = numpy.frombuffer(open(path, "rb").read(), numpy.uint8).reshape(-1, RECORD)
    return torch.from_numpy(raw[:, 1:].copy()).float().reshape(-1, 3, 32, 32), torch.from_numpy(raw[:, 0].copy()).long()


def train_torch(a, seed, x, y, test, label):
    import torch
    torch.manual_seed(seed)
    net, bf16 = network(a.net), a.precision == "bf16"
    weights = [p for p in net.parameters() if p.dim() > 1]
    others = [p for p in net.parameters() if p.dim() == 1]
    optimizer = torch.optim.SGD([{"params": weights, "weight_decay": 5e-4}, {"params": others}], lr=0.1, momentum=0.9)
    steps, step = len(x) // 64 * a.epochs, 0
    for _ in range(a.epochs):
        order = torch.randperm(len(x))
        for i in range(len(x) // 64):
            at = order[64 * i:64 * i + 64]
            for group in optimizer.param_groups:
                group["lr"] = 0.1 * 0.5 * (1 + math.cos(math.pi * step / steps))
            step += 1
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, bf16):
                z = net(augmented(x[at]) if a.augment else x[at])
                loss = torch.nn.functional.cross_entropy(z, y[at])
            loss.backward()
            optimizer.step()
    net.eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, bf16):
        right = sum(int((net(test[i:i + 250]).argmax(1) == label[i:i + 250]).sum()) for i in range(0, len(test), 250))
    return right / len(test)


def side_of_torch(a):
    import torch
    torch.set_num_threads(a.threads)
    x, y = load(a.torch + "/data_batch_1.bin")
    test, label = load(a.torch + "/test_batch.bin")
    mean, std = x.mean((0, 2, 3), keepdim=True), x.std((0, 2, 3), keepdim=True, unbiased=False)
    for seed in range(1, a.seeds + 1):
        print("%.9g" % train_torch(a, seed, (x - mean) / std, y, (test - mean) / std, label), flush=True)


# ---- both


def half_width(v, w):
    """Of the 95 % interval of the difference of two means; quantiles of Student's t by their first degrees of freedom."""
    quantile = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
    p, q = statistics.variance(v) / len(v), statistics.variance(w) / len(w)
    if p + q == 0:
        return 0.0
    freedom = (p + q) ** 2 / (p ** 2 / (len(v) - 1) + q ** 2 / (len(w) - 1))
    return quantile[min(int(freedom), len(quantile)) - 1] * math.sqrt(p + q)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sweep", nargs="?", help="the program")
    p.add_argument("--net", choices=NETS, default="resnet20")
    p.add_argument("--python", default=sys.executable)
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--epochs", type=int, default=15)
    p.add_argument("--images", type=int, default=8000)
    p.add_argument("--augment", action="store_true")
    p.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    p.add_argument("--threads", type=int, default=1, help="of PyTorch, workers of sweep")
    p.add_argument("--torch", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.torch:
        side_of_torch(a)
        return
    if not a.sweep:
        p.error("the program is missing")
    with tempfile.TemporaryDirectory() as folder:
        write_data(a, folder)
        ours, theirs = with_sweep(a, folder), with_torch(a, folder)
    for name, v in (("sweep", ours), ("PyTorch", theirs)):
        print("%-8s %s  mean %.2f %%" % (name, " ".join("%.2f" % (100 * x) for x in v), 100 * statistics.mean(v)))
    print("difference %.2f points" % (100 * (statistics.mean(ours) - statistics.mean(theirs))), end="")
    print(" +- %.2f" % (100 * half_width(ours, theirs)) if a.seeds > 1 else " (one seed has no interval)")


if __name__ == "__main__":
    main()
