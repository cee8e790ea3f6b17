#!/usr/bin/env python3
"""Trains the same networks with sweep and with PyTorch, one core each, in turn, and prints the ratios.

  python3 tests/bench/compare.py build/release/sweep [--rounds 5] [--seconds 4] [--core 1]
Needs python3-torch, and MNIST under $SWEEP_DATA (default ../shared/data beside the project). "plain" is PyTorch as
installed; "tuned" preloads tcmalloc (libtcmalloc-minimal4) and lets OpenBLAS use its AVX-512 kernels. The figure of
sweep is images_per_second of its own .timing.csv: a whole trial with its data, shuffling, metrics and final test."""
import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
N1 = """
    conv 3x3 10, batchnorm, relu{drop}
    conv 3x3 16, batchnorm, relu{drop}
    conv 3x3 20, batchnorm, relu{drop}
    maxpool 2
    conv 1x1 10, batchnorm, relu
    conv 3x3 16, batchnorm, relu{drop}
    conv 3x3 16, batchnorm, relu{drop}
    conv 3x3 20, batchnorm, relu
    gap, dense 10"""
MLP = """
    flatten, dense 128, relu{drop}
    dense 10"""
CASES = [("n1", N1, 64, 0.05), ("n1", N1, 64, 0), ("n1", N1, 128, 0.05), ("n1", N1, 128, 0), ("mlp", MLP, 128, 0)]


def sweep_speed(binary, layers, batch, dropout, epochs, core):
    with tempfile.TemporaryDirectory() as out:
        with open(os.path.join(out, "bench.ini"), "w") as f:
            f.write(f"""[data]
dataset = mnist
train = 20000
validation = 16
test = 16
[model]
layers ={layers.format(drop=f", dropout {dropout}" if dropout else "")}
[train]
epochs = {epochs}
batch_size = {batch}
optimizer = sgd
momentum = 0.9
nesterov = yes
lr = 0.01
weight_decay = 1e-4
""")
        subprocess.run(["taskset", "-c", core, binary, f.name, "-q", "-j", "1", "--no-plots", "--out", out], check=True,
                       stdout=subprocess.DEVNULL)
        with open(os.path.join(out, "results", "bench.timing.csv")) as t:
            return float(next(csv.DictReader(t))["images_per_second"])


def torch_speed(net, batch, dropout, seconds, core, tuned):
    env = dict(os.environ)
    if tuned:
        env.update(LD_PRELOAD="libtcmalloc_minimal.so.4", OPENBLAS_CORETYPE="SkylakeX")
    run = subprocess.run(["taskset", "-c", core, "/usr/bin/python3", os.path.join(HERE, "torch_n1.py"), net, str(batch),
                          str(dropout), str(seconds)], check=True, env=env, capture_output=True, text=True)
    return float(run.stdout.split()[-1])


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("binary")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--seconds", type=float, default=4)
    args.add_argument("--core", default="1")
    a = args.parse_args()
    os.environ.setdefault("SWEEP_DATA", os.path.join(HERE, "..", "..", "..", "shared", "data"))
    print("net batch dropout | sweep plain tuned images/s | sweep/plain sweep/tuned (medians of %d rounds)" % a.rounds)
    for net, layers, batch, dropout in CASES:
        epochs = 10 if net == "mlp" else 1
        got = [(sweep_speed(os.path.abspath(a.binary), layers, batch, dropout, epochs, a.core),
                torch_speed(net, batch, dropout, a.seconds, a.core, False),
                torch_speed(net, batch, dropout, a.seconds, a.core, True)) for _ in range(a.rounds)]
        speed = [statistics.median(g[i] for g in got) for i in range(3)]
        ratio = [statistics.median(g[0] / g[i] for g in got) for i in (1, 2)]
        print(f"{net} {batch} {dropout} | {speed[0]:.0f} {speed[1]:.0f} {speed[2]:.0f} | {ratio[0]:.2f} {ratio[1]:.2f}",
              flush=True)


if __name__ == "__main__":
    sys.exit(main())
