#!/usr/bin/env python3
"""Trains the same networks with sweep and with the libraries its users have, in turn, and prints Markdown tables of
medians and ratios.

  python3 tests/bench/compare.py build/release/sweep [n1|mlp|vae|cifar|k3|graphs|sequences|trials|twelve|workers|start|
                                                      all ...]
                                 [--python PYTHON] [--rounds 5] [--seconds 4] [--core 1] [--images 10000] [--json FILE]
  n1, mlp, vae, cifar, k3, graphs, sequences
                      training steps on images or texts that lie in memory, one core: forward, backward, update
  trials              whole trials on MNIST with their data, shuffling and metrics, against the best peer's bare steps
  twelve              the sweep of twelve.ini against the same in PyTorch (torch_sweep.py): two workers, start to end
  workers             the same, two workers against one
  start               from the start of the program to its first step
The peers are what PYTHON has of PyTorch, JAX, scikit-learn and Optuna (pip install torch "jax[cpu]" scikit-learn
optuna), each in every mode that peers.py knows: a short trial says which is the fastest in fp32, and which of all, bf16
included. Those two take turns with sweep in fp32 and in bf16. tcmalloc is preloaded for peers where Debian's
libtcmalloc-minimal4 is installed. What is measured in training steps and trials is the time in which a program had its
core, elsewhere the time on the wall. Ratios are medians of the ratios of each round. --json also writes the tables and
what each round measured; --images makes the twelve points smaller, to see whether everything is in place: with few
images the start is most of it. MNIST under $SWEEP_DATA (default ../shared/data beside the project). Leave the machine
alone while it runs."""
import argparse
import csv
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TCMALLOC = "libtcmalloc_minimal.so.4"
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
# (row of `sweep list benchmarks` in fp32, in bf16 or None, network of peers.py, batch, dropout)
STEPS = {"n1": [("n1-%d" % b, "n1-%d-bf16" % b if b > 32 else None, "n1", b, 0.05) for b in (32, 64, 128)] +
               [("n1-64-p0", None, "n1", 64, 0)],
         "mlp": [("mlp-128", None, "mlp", 128, 0)],
         "cifar": [("cifar-64", "cifar-64-bf16", "cifar", 64, 0)],
         "vae": [("vae-128", "vae-128-bf16", "vae", 128, 0)],
         "k3": [("k3-%d" % k, "k3-%d-bf16" % k, "k3-%d" % k, 64, 0) for k in (64, 128)],
         "graphs": [("%s-64" % net, "%s-64-bf16" % net, net, 64, 0) for net in ("resnet20", "mobile", "convnext", "vit")],
         "sequences": [("%s-%d" % (net, n), "%s-%d-bf16" % (net, n), net, n, 0)
                       for net, n in (("gpt", 16), ("charlstm", 64), ("rowlstm", 64))]}
TRIALS = [("n1", N1, 64, 0.05, 1), ("n1", N1, 64, 0, 1), ("mlp", MLP, 128, 0, 10)]
MODES = [("torch",), ("torch", "--channels-last"), ("torch", "--compile"), ("torch", "--compile", "--channels-last"),
         ("jax",), ("sklearn",),
         ("torch", "--bf16"), ("torch", "--bf16", "--channels-last"), ("torch", "--bf16", "--compile"),
         ("torch", "--bf16", "--compile", "--channels-last"), ("jax", "--bf16")]


def peer_environment():
    env = dict(os.environ)
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # older libraries than the peers' own may need them
        env.pop(name, None)
    if any(os.path.exists(os.path.join(folder, TCMALLOC)) for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64")):
        env["LD_PRELOAD"] = TCMALLOC
    return env


class Peer:
    """One library in one mode with a network, in a process that trains when it is asked to."""

    def __init__(self, a, mode, net, batch, dropout):
        self.name = " ".join([mode[0]] + [word.lstrip("-").replace("-", " ") for word in mode[1:]])
        self.bf16 = "--bf16" in mode
        self.process = subprocess.Popen(["taskset", "-c", a.core, a.python, os.path.join(HERE, "peers.py"), mode[0], net,
                                         str(batch), str(dropout), *mode[1:]], env=peer_environment(), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.version = self.process.stdout.readline().strip()  # empty: it is not installed, or cannot do this

    def speed(self, seconds):
        self.process.stdin.write("%g\n" % seconds)
        self.process.stdin.flush()
        images, own, wall = map(float, self.process.stdout.readline().split())
        return {"images_per_second": images / own, "core_share": own / wall}

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def best_peers(a, net, batch, dropout):
    """The fastest in fp32 and the fastest of all (which may be the same), after a short trial of each mode."""
    best = {}
    for mode in MODES:
        peer = Peer(a, mode, net, batch, dropout)
        if not peer.version:
            peer.end()
            continue
        speed = peer.speed(a.seconds / 2)["images_per_second"]
        print("  %s, %s: %.0f" % (peer.version, peer.name, speed), file=sys.stderr)
        keep = False
        for kind in ["all"] if peer.bf16 else ["fp32", "all"]:
            if speed > best.get(kind, (0,))[0]:
                best[kind], keep = (speed, peer), True
        if not keep:
            peer.end()
    if not best:
        sys.exit("%s has no peer: pip install torch" % a.python)
    return best["fp32"][1], best["all"][1]


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


def run_process(command, env=None):
    """Seconds from the start of the process to its end, and the most memory it held with all its children."""
    peak, ended = [0], threading.Event()
    began = time.perf_counter()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)

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


def sweep_process(a, workers, *words):
    with tempfile.TemporaryDirectory() as out:
        return run_process([a.binary, os.path.join(HERE, "twelve.ini"), "-q", "-j", str(workers), "--no-plots", "--out",
                            out, f"data.train={a.images}", f"data.test={a.images}", *words])


def torch_process(a, workers, *words):
    folder = os.path.join(os.environ["SWEEP_DATA"], "mnist")
    folder = folder if os.path.isdir(folder) else os.environ["SWEEP_DATA"]
    return run_process([a.python, os.path.join(HERE, "torch_sweep.py"), folder, "--workers", str(workers),
                        "--images", str(a.images), *words], peer_environment())


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


def processor():
    with open("/proc/cpuinfo") as f:
        return next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown processor")


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
    head("Training steps, one core, images a second (median of %d rounds), %s" % (a.rounds, processor()), "network",
         "sweep fp32", "share of the roof", "sweep bf16", "best fp32 peer", "best peer", "fp32 over fp32", "best over best",
         "sweep with its data, augmented")
    for name, bf16, net, batch, dropout in STEPS[family]:
        peers = best_peers(a, net, batch, dropout)
        rounds = []
        for _ in range(a.rounds):
            sweep = [bench_row(a, row) for row in (name, bf16 or name)[:2 if bf16 else 1]]
            got = [peer.speed(a.seconds) for peer in dict.fromkeys(peers)]
            warn_of_others(name, **{"sweep %d" % i: r for i, r in enumerate(sweep)},
                           **{"peer %d" % i: r for i, r in enumerate(got)})
            speed = [r["images_per_second_without_data"] for r in sweep]
            peer = [r["images_per_second"] for r in got]
            rounds.append((speed[0], speed[-1], max(speed), peer[0], peer[-1], max(peer),
                           sweep[0]["fma_share_without_data"], sweep[0]["images_per_second"]))
        for peer in dict.fromkeys(peers):
            peer.end()
        m = medians(rounds)
        row(f"{net}, batch {batch}, dropout {dropout}", "%.0f" % m[0], "%.0f %%" % (100 * m[6]),
            "%.0f" % m[1] if bf16 else "", "%.0f (%s)" % (m[3], peers[0].name), "%.0f (%s)" % (m[4], peers[1].name),
            ratio(rounds, 0, 3), ratio(rounds, 2, 5), "%.0f" % m[7], rounds=rounds)


def trials(a):
    head("Whole trials on MNIST against bare steps, one core, images a second (median of %d rounds)" % a.rounds,
         "network", "sweep", "best fp32 peer", "over it")
    for net, layers, batch, dropout, epochs in TRIALS:
        peers = best_peers(a, net, batch, dropout)
        rounds = [(trial_speed(a, layers, batch, dropout, epochs), peers[0].speed(a.seconds)["images_per_second"])
                  for _ in range(a.rounds)]
        for peer in dict.fromkeys(peers):
            peer.end()
        m = medians(rounds)
        row(f"{net}, batch {batch}, dropout {dropout}", "%.0f" % m[0], "%.0f (%s)" % (m[1], peers[0].name),
            ratio(rounds, 0, 1), rounds=rounds)


def twelve(a):
    kinds = [("sweep", lambda: sweep_process(a, 2)), ("sweep, bf16", lambda: sweep_process(a, 2, "train.precision=bf16")),
             ("PyTorch", lambda: torch_process(a, 2)), ("channels last", lambda: torch_process(a, 2, "--channels-last")),
             ("bf16, channels last", lambda: torch_process(a, 2, "--channels-last", "--bf16")),
             ("Optuna, GridSampler and journal, bf16, channels last",
              lambda: torch_process(a, 2, "--channels-last", "--bf16", "--optuna"))]
    rounds = [[run() for _, run in kinds] for _ in range(a.rounds)]
    head("Twelve points, %d images, two workers, start of the process to its end (median of %d rounds)" %
         (a.images, a.rounds), "", "seconds", "sweep in fp32 faster by", "peak memory (MB)", "of sweep's")
    wall, most = [[part[0] for part in r] for r in rounds], [[part[1] for part in r] for r in rounds]
    for i, (name, _) in enumerate(kinds):
        row(name, "%.2f" % medians(wall)[i], ratio(wall, i, 0), "%.0f" % (max(r[i] for r in most) / 1e6),
            ratio(most, i, 0), rounds=[r[i] for r in rounds])


def workers(a):
    head("Twelve points, %d images, two workers against one (median of %d rounds)" % (a.images, a.rounds), "",
         "one, seconds", "two, seconds", "two over one")
    for name, run in (("sweep", lambda n: sweep_process(a, n)), ("PyTorch", lambda n: torch_process(a, n))):
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


CHOICES = {family: functools.partial(steps, family=family) for family in STEPS}
CHOICES.update(trials=trials, twelve=twelve, workers=workers, start=start)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("binary")
    args.add_argument("what", nargs="*", default=["all"], choices=[*CHOICES, "all"], metavar="what")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--seconds", type=float, default=4)
    args.add_argument("--core", default="1")
    args.add_argument("--python", default="python3")
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
