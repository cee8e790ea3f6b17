#!/usr/bin/env python3
"""Trains the same networks with sweep and with PyTorch, in turn, and prints Markdown tables of medians and ratios.

  python3 tests/bench/compare.py build/release/sweep [n1|mlp|cifar|trials|twelve|workers|start|all ...]
                                 [--rounds 5] [--seconds 4] [--core 1] [--best] [--images 10000] [--json FILE]
  n1, mlp, cifar  training steps on images that lie in memory, one core: forward, backward, update
  trials          whole trials on MNIST with their data, shuffling and metrics, against PyTorch's bare steps
  twelve          the sweep of twelve.ini against torch_sweep.py: two workers, start of the process to its end
  workers         the same, two workers against one
  start           from the start of the program to its first step
Needs python3-torch for --python (default /usr/bin/python3), and for all but n1, mlp and cifar MNIST under $SWEEP_DATA
(default ../shared/data beside the project). "plain" is PyTorch as installed; "tuned" preloads tcmalloc
(libtcmalloc-minimal4) and lets OpenBLAS use its AVX-512 kernels; --best adds bf16 autocast and channels_last to the
twelve points. n1, mlp, cifar and trials count the time in which a program had its core, the others the time on the wall.
Ratios are medians of the ratios of each round. --json also writes the tables and what each round measured; --images
makes the twelve points smaller, to see whether everything is in place: with few images the start is most of it. Leave
the machine alone while it runs."""
import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

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
# rows of `sweep list benchmarks`, and the same for torch_n1.py
STEPS = {"n1": [("n1-%d%s" % (batch, "" if p else "-p0"), "n1", batch, p) for p in (0.05, 0) for batch in (32, 64, 128)] +
               [("n1-%d-bf16" % batch, "n1", batch, 0.05) for batch in (64, 128)], # over PyTorch in fp32
         "mlp": [("mlp-128", "mlp", 128, 0)],
         "cifar": [("cifar-64", "cifar", 64, 0)]}
TRIALS = [("n1", N1, 64, 0.05, 1), ("n1", N1, 64, 0, 1), ("mlp", MLP, 128, 0, 10)]


def environment(tuned):
    env = dict(os.environ)
    if tuned:
        env.update(LD_PRELOAD="libtcmalloc_minimal.so.4", OPENBLAS_CORETYPE="SkylakeX")
    return env


def torch_speed(a, net, batch, dropout, tuned):
    run = subprocess.run(["taskset", "-c", a.core, a.python, os.path.join(HERE, "torch_n1.py"), net, str(batch),
                          str(dropout), str(a.seconds)], check=True, env=environment(tuned), capture_output=True,
                         text=True)
    if "preload" in run.stderr:
        sys.exit(run.stderr.strip())  # untuned without a word otherwise
    speed, share = map(float, run.stdout.split()[-2:])
    return {"images_per_second": speed, "core_share": share}


def bench_row(a, name):
    run = subprocess.run(["taskset", "-c", a.core, a.binary, "bench", name, "--json", "--seconds", str(a.seconds)],
                         check=True, capture_output=True, text=True)
    got = json.loads(run.stdout)
    return dict(got["nets"][0], core_share=got["core_share"])


def trial_speed(a, layers, batch, dropout, epochs):
    with tempfile.TemporaryDirectory() as out:
        with open(os.path.join(out, "speed.ini"), "w") as f:
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
        subprocess.run(["taskset", "-c", a.core, a.binary, f.name, "-q", "-j", "1", "--no-plots", "--out", out],
                       check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(out, "results", "speed.timing.csv")) as t:
            row = {k: float(v) for k, v in next(csv.DictReader(t)).items()}
            return row["images_per_second"] * row["wall"] / row["cpu"]


# ---- whole processes -------------------------------------------------------------------------------------------------

def resident(root):
    """Bytes that a process and all below it hold, shared pages counted in each."""
    parent, size = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                rest = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue  # ended meanwhile
        parent[int(pid)], size[int(pid)] = int(rest[1]), int(rest[21]) * os.sysconf("SC_PAGE_SIZE")
    below, total = [root], 0
    while below:
        pid = below.pop()
        total += size.get(pid, 0)
        below += [child for child, of in parent.items() if of == pid]
    return total


def run_process(command, tuned=False):
    """Seconds from the start of the process to its end, and the most memory it held with all its children."""
    peak, ended = [0], threading.Event()
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment(tuned), stdout=subprocess.DEVNULL)

    def watch():
        while not ended.wait(0.1):
            peak[0] = max(peak[0], resident(process.pid))
    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    ended.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit("%s: exit status %d" % (" ".join(command), process.returncode))
    return seconds, max(peak[0], used.ru_maxrss * 1024)


def sweep_process(a, workers):
    with tempfile.TemporaryDirectory() as out:
        return run_process([a.binary, os.path.join(HERE, "twelve.ini"), "-q", "-j", str(workers), "--no-plots", "--out",
                            out, f"data.train={a.images}", f"data.test={a.images}"])


def torch_process(a, workers, tuned=False, best=False):
    folder = os.path.join(os.environ["SWEEP_DATA"], "mnist")
    folder = folder if os.path.isdir(folder) else os.environ["SWEEP_DATA"]
    return run_process([a.python, os.path.join(HERE, "torch_sweep.py"), folder, "--workers", str(workers),
                        "--images", str(a.images)] + (["--best"] if best else []), tuned)


def first_step(a, images, layers):
    """Seconds from the start of a training to the report of its first epoch, and of the trial alone; peak memory."""
    with tempfile.TemporaryDirectory() as out:
        ini = os.path.join(out, "start.ini")
        with open(ini, "w") as f:
            f.write(f"""[sweep]
objective = max train_accuracy
[data]
dataset = mnist
train = {images}
validation = 0
test = 10
[model]
layers ={layers}
[train]
epochs = 1
batch_size = 64
""")
        began = time.perf_counter()
        process = subprocess.Popen([a.binary, ini, "-j", "1", "--no-plots", "--out", out], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        line = process.stderr.readline()
        seconds = time.perf_counter() - began
        said = line + process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode or "images/s" not in line:
            sys.exit("sweep start.ini: exit status %d\n%s" % (process.returncode, said))
        with open(os.path.join(out, "results", "start.timing.csv")) as t:
            return seconds, float(next(csv.DictReader(t))["wall"]), used.ru_maxrss * 1024


# ---- tables ----------------------------------------------------------------------------------------------------------

TABLES = []  # as printed, for --json


def head(title, *columns):
    TABLES.append({"title": title, "columns": list(columns), "rows": []})
    print("\n%s\n\n| %s |\n|%s" % (title, " | ".join(columns), " --- |" * len(columns)), flush=True)


def row(*cells, rounds):
    TABLES[-1]["rows"].append({"cells": list(cells), "rounds": rounds})
    print("| %s |" % " | ".join(cells), flush=True)


def medians(rounds):
    return [statistics.median(column) for column in zip(*rounds)]


def ratio(rounds, over, under):
    return "%.2f" % statistics.median(r[over] / r[under] for r in rounds)


def warn_of_others(name, **got):
    for side, of in got.items():
        if of["core_share"] < 0.97:
            print("%s, %s: other programs had the core for %.0f %% of the time" %
                  (name, side, 100 - 100 * of["core_share"]), file=sys.stderr)


def steps(a, family):
    head("Training steps, one core, images a second (median of %d rounds)" % a.rounds, "network", "sweep",
         "share of the roof", "PyTorch plain", "tuned", "over plain", "over tuned", "sweep with its data, augmented")
    for name, net, batch, dropout in STEPS[family]:
        rounds = []
        for _ in range(a.rounds):
            got, plain, tuned = (bench_row(a, name), torch_speed(a, net, batch, dropout, False),
                                 torch_speed(a, net, batch, dropout, True))
            warn_of_others(name, sweep=got, plain=plain, tuned=tuned)
            rounds.append((got["images_per_second_without_data"], plain["images_per_second"],
                           tuned["images_per_second"], got["images_per_second"], got["fma_share_without_data"]))
        m = medians(rounds)
        precision = ", bf16" if name.endswith("-bf16") else ""
        row(f"{net}, batch {batch}, dropout {dropout}{precision}", "%.0f" % m[0], "%.0f %%" % (100 * m[4]), "%.0f" % m[1],
            "%.0f" % m[2], ratio(rounds, 0, 1), ratio(rounds, 0, 2), "%.0f" % m[3], rounds=rounds)


def trials(a):
    head("Whole trials on MNIST against bare steps, one core, images a second (median of %d rounds)" % a.rounds,
         "network", "sweep", "PyTorch plain", "tuned", "over plain", "over tuned")
    for net, layers, batch, dropout, epochs in TRIALS:
        rounds = [(trial_speed(a, layers, batch, dropout, epochs),
                   torch_speed(a, net, batch, dropout, False)["images_per_second"],
                   torch_speed(a, net, batch, dropout, True)["images_per_second"]) for _ in range(a.rounds)]
        row(f"{net}, batch {batch}, dropout {dropout}", *("%.0f" % m for m in medians(rounds)), ratio(rounds, 0, 1),
            ratio(rounds, 0, 2), rounds=rounds)


def twelve(a):
    kinds = [("sweep", lambda: sweep_process(a, 2)), ("PyTorch plain", lambda: torch_process(a, 2)),
             ("tuned", lambda: torch_process(a, 2, True))]
    if a.best:
        kinds.append(("tuned, bf16, channels_last", lambda: torch_process(a, 2, True, True)))
    rounds = [[run() for _, run in kinds] for _ in range(a.rounds)]
    head("Twelve points, %d images, two workers, start of the process to its end (median of %d rounds)" %
         (a.images, a.rounds), "", "seconds", "sweep faster by", "peak memory (MB)", "of sweep's")
    wall, most = [[part[0] for part in r] for r in rounds], [[part[1] for part in r] for r in rounds]
    for i, (name, _) in enumerate(kinds):
        row(name, "%.2f" % medians(wall)[i], ratio(wall, i, 0), "%.0f" % (max(r[i] for r in most) / 1e6),
            ratio(most, i, 0), rounds=[r[i] for r in rounds])


def workers(a):
    head("Twelve points, %d images, two workers against one (median of %d rounds)" % (a.images, a.rounds), "",
         "one, seconds", "two, seconds", "two over one")
    for name, run in (("sweep", lambda n: sweep_process(a, n)), ("PyTorch plain", lambda n: torch_process(a, n))):
        rounds = [(run(1)[0], run(2)[0]) for _ in range(a.rounds)]
        row(name, *("%.2f" % m for m in medians(rounds)), ratio(rounds, 0, 1), rounds=rounds)


def start(a):
    small, large = N1.format(drop=""), "\n    flatten, dense 10"
    first_step(a, 64, small)  # decoded images are kept: not the first run ever
    rounds = [(first_step(a, 64, small), first_step(a, 50000, large)) for _ in range(4 * a.rounds)]
    head("From the start of the program, MNIST decoded before (median of %d)" % len(rounds), "", "milliseconds",
         "peak memory (MB)")
    row("n1, 64 images: to the end of its first step", "%.1f" % (1e3 * statistics.median(r[0][0] for r in rounds)),
        "%.1f" % (max(r[0][2] for r in rounds) / 1e6), rounds=[r[0] for r in rounds])
    row("50,000 images: to the start of the training",
        "%.1f" % (1e3 * statistics.median(r[1][0] - r[1][1] for r in rounds)),
        "%.1f" % (max(r[1][2] for r in rounds) / 1e6), rounds=[r[1] for r in rounds])


CHOICES = {"n1": lambda a: steps(a, "n1"), "mlp": lambda a: steps(a, "mlp"), "cifar": lambda a: steps(a, "cifar"),
           "trials": trials, "twelve": twelve, "workers": workers, "start": start}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("binary")
    args.add_argument("what", nargs="*", default=["all"], choices=[*CHOICES, "all"], metavar="what")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--seconds", type=float, default=4)
    args.add_argument("--core", default="1")
    args.add_argument("--python", default="/usr/bin/python3")
    args.add_argument("--best", action="store_true")
    args.add_argument("--images", type=int, default=10000)
    args.add_argument("--json", metavar="FILE")
    a = args.parse_args()
    a.binary = os.path.abspath(a.binary)
    os.environ.setdefault("SWEEP_DATA", os.path.join(HERE, "..", "..", "..", "shared", "data"))
    for name in CHOICES if "all" in a.what else a.what:
        CHOICES[name](a)
    if a.json:
        with open(a.json, "w") as f:
            json.dump(TABLES, f, indent=1)
            f.write("\n")


if __name__ == "__main__":
    sys.exit(main())
