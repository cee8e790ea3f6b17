#!/usr/bin/env python3
"""Are heads on frozen features as accurate here as in PyTorch? EfficientNet-Lite0 with its weights of ImageNet makes the
features of CIFAR-10, each pixel three times as wide and high, on both sides; a linear head learns from some of them, and
is tested on the same others. Prints the accuracies, and the mean of the paired differences with its 95 % interval.

  python3 tests/bench/features.py build/release/sweep [--python PYTHON] [--parts 8] [--images 1000] [--seeds 2]
                                  [--test 2000] [--epochs 8] [--init pytorch|he|zero] [--dropout 0.2] [--threads 1]
Data: $SWEEP_DATA (default ../shared/data beside the project), efficientnet-lite0 and the records of all files of cifar10.
The first --images of data_batch_1 are the first part, the next ones the second, ...; the last ones and those of the test
file, --test in all, test. A pair is a part: the mean of its seeds here less that in PyTorch. Recipe: dropout before the
head, which starts as --init says (the bias at 0), Adam with lr 0.003 down half a cosine, batches of 32, the weights of
the last epoch. PyTorch builds the network from the tensors of the file (pads as TensorFlow does, eps 1e-3) and makes the
features once, in evaluation mode; PYTHON has PyTorch and NumPy. Takes some minutes on one core."""
import argparse
import csv
import glob
import gzip
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

from model_file import read_model

HERE = os.path.dirname(os.path.abspath(__file__))
RECORD = 3073
SWEEP = """
[sweep]
name      = features
repeats   = {seeds}
objective = max train_accuracy
keep      = none
[data]
dataset    = cifar10
validation = 0
normalize  = centred
[model]
start  = efficientnet-lite0/model.safetensors
freeze = before _fc
init   = {init}
layers =
    upsample 3
    efficientnet_lite0 $classes dropout {dropout}
[train]
epochs     = {epochs}
batch_size = 32
optimizer  = adam
lr         = 0.003
schedule   = cosine
select     = last
[grid]
data.path = {paths}
"""


def data_folder():
    return os.environ.get("SWEEP_DATA", os.path.join(HERE, "../../../shared/data"))


def records(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        return f.read()


def write_parts(a, folder):
    """A folder for each part, as CIFAR-10 has them, so that both sides read the same."""
    source = data_folder() + "/cifar10"
    first = records(glob.glob(source + "/data_batch_1.bin*")[0])
    test = records(sorted(glob.glob(source + "/test_batch*.bin*"))[0])
    more = max(a.test * RECORD - len(test), 0)
    if a.parts * a.images * RECORD + more > len(first):
        sys.exit("so many parts and test images are more than there are")
    test += first[len(first) - more:]
    for k in range(a.parts):
        os.mkdir("%s/%d" % (folder, k))
        with open("%s/%d/data_batch_1.bin" % (folder, k), "wb") as f:
            f.write(first[k * a.images * RECORD:(k + 1) * a.images * RECORD])
        with open("%s/%d/test_batch.bin" % (folder, k), "wb") as f:
            f.write(test[:a.test * RECORD])


def with_sweep(a, folder):
    paths = ", ".join("%s/%d" % (folder, k) for k in range(a.parts))
    with open(folder + "/features.ini", "w") as f:
        f.write(SWEEP.format(seeds=a.seeds, init=a.init, dropout=a.dropout, epochs=a.epochs, paths=paths))
    subprocess.run([a.sweep, folder + "/features.ini", "-q", "--no-plots", "-j", str(a.threads), "--out", folder],
                   check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, SWEEP_DATA=data_folder()))
    with open(folder + "/results/features.csv", newline="") as f:
        rows = list(csv.DictReader(f))
    return [[float(r["test_accuracy"]) for r in rows if int(r["point"]) == k + 1] for k in range(a.parts)]


def with_torch(a, folder):
    """In a process of PYTHON's, which prints a line a part."""
    words = [word for name in ("parts", "seeds", "epochs", "init", "dropout", "threads")
             for word in ("--" + name, str(getattr(a, name)))]
    out = subprocess.run([a.python, os.path.abspath(__file__), "--torch", folder] + words, check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


# ---- the side of PyTorch


def features_of(w, x):
    """EfficientNet-Lite0 up to the global average pooling, in evaluation mode."""
    from torch.nn import functional

    def conv(x, name, stride=1, groups=1):
        k = w[name + ".weight"].shape[-1]
        pad = [max((-(-n // stride) - 1) * stride + k - n, 0) for n in (x.shape[3], x.shape[2])]
        x = functional.pad(x, (pad[0] // 2, pad[0] - pad[0] // 2, pad[1] // 2, pad[1] - pad[1] // 2))
        return functional.conv2d(x, w[name + ".weight"], None, stride, 0, 1, groups)

    def norm(x, name):
        return functional.batch_norm(x, w[name + ".running_mean"], w[name + ".running_var"], w[name + ".weight"],
                                     w[name + ".bias"], False, 0, 1e-3)
    x = functional.relu6(norm(conv(x, "_conv_stem", 2), "_bn0"))
    strides = {1: 2, 3: 2, 5: 2, 11: 2}
    for i in range(16):
        at, y = "_blocks.%d." % i, x
        if i:
            y = functional.relu6(norm(conv(y, at + "_expand_conv"), at + "_bn0"))
        y = functional.relu6(norm(conv(y, at + "_depthwise_conv", strides.get(i, 1), y.shape[1]), at + "_bn1"))
        y = norm(conv(y, at + "_project_conv"), at + "_bn2")
        x = x + y if x.shape == y.shape else y
    return functional.relu6(norm(conv(x, "_conv_head"), "_bn1")).mean((2, 3))


def load(path, w):
    """Features and labels of a file of records."""
    import numpy
    import torch
    raw = torch.from_numpy(numpy.frombuffer(open(path, "rb").read(), numpy.uint8).reshape(-1, RECORD).copy())
    x = (raw[:, 1:].float().reshape(-1, 3, 32, 32) - 127) / 128
    x = x.repeat_interleave(3, 2).repeat_interleave(3, 3)
    with torch.no_grad():
        return torch.cat([features_of(w, x[i:i + 100]) for i in range(0, len(x), 100)]), raw[:, 0].long()


def train_head(a, seed, x, y, test, label):
    import torch
    from torch import nn
    torch.manual_seed(seed)
    head = nn.Linear(x.shape[1], 10)
    nn.init.zeros_(head.bias)
    if a.init == "he":
        nn.init.normal_(head.weight, 0, math.sqrt(2 / x.shape[1]))
    elif a.init == "zero":
        nn.init.zeros_(head.weight)
    net = nn.Sequential(nn.Dropout(a.dropout), head)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
    steps, step = -(-len(x) // 32) * a.epochs, 0
    for _ in range(a.epochs):
        for at in torch.randperm(len(x)).split(32):
            for group in optimizer.param_groups:
                group["lr"] = 0.003 * 0.5 * (1 + math.cos(math.pi * step / steps))
            step += 1
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[at]), y[at]).backward()
            optimizer.step()
    net.eval()
    with torch.no_grad():
        return float((net(test).argmax(1) == label).float().mean())


def side_of_torch(a):
    import torch
    torch.set_num_threads(a.threads)
    _, w = read_model(data_folder() + "/efficientnet-lite0/model.safetensors")
    test, label = load(a.torch + "/0/test_batch.bin", w)
    for k in range(a.parts):
        x, y = load("%s/%d/data_batch_1.bin" % (a.torch, k), w)
        print([train_head(a, seed, x, y, test, label) for seed in range(1, a.seeds + 1)], flush=True)


# ---- both


def half_width(v):
    """Of the 95 % interval of a mean; quantiles of Student's t by the degrees of freedom."""
    quantile = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
    return quantile[min(len(v) - 1, len(quantile)) - 1] * statistics.stdev(v) / math.sqrt(len(v))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sweep", nargs="?", help="the program")
    p.add_argument("--python", default=sys.executable)
    p.add_argument("--parts", type=int, default=8)
    p.add_argument("--images", type=int, default=1000)
    p.add_argument("--seeds", type=int, default=2)
    p.add_argument("--test", type=int, default=2000)
    p.add_argument("--epochs", type=int, default=8)
    p.add_argument("--init", choices=("pytorch", "he", "zero"), default="pytorch")
    p.add_argument("--dropout", type=float, default=0.2)
    p.add_argument("--threads", type=int, default=1, help="of PyTorch, workers of sweep")
    p.add_argument("--torch", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.torch:
        side_of_torch(a)
        return
    if not a.sweep:
        p.error("the program is missing")
    with tempfile.TemporaryDirectory() as folder:
        write_parts(a, folder)
        ours, theirs = with_sweep(a, folder), with_torch(a, folder)
    for name, parts in (("sweep", ours), ("PyTorch", theirs)):
        means = [100 * statistics.mean(v) for v in parts]
        print("%-8s %s  mean %.2f %%" % (name, " ".join("%.2f" % m for m in means), statistics.mean(means)))
    pairs = [100 * (statistics.mean(v) - statistics.mean(w)) for v, w in zip(ours, theirs)]
    print("difference %.2f points" % statistics.mean(pairs), end="")
    print(" +- %.2f" % half_width(pairs) if a.parts > 1 else " (one part has no interval)")


if __name__ == "__main__":
    main()
