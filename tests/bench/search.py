"""Search on known functions: the best value after 50 and 100 trials, median over the seeds, by `sweep` and by
Optuna; of two objectives (zdt1) the hypervolume before (1.1, 10).

    pip install optuna torch
    python3 tests/bench/search.py build/release/sweep [--seeds 30] [--functions branin,hartmann6] [--cache FILE]

With --cache, what Optuna finds is kept in a file, one line for a seed, and not computed again: its GP takes a minute for
each.

Functions are losses of the command line (train.loss = formula). Optuna's samplers have their defaults, TPE for the space
with a condition also group=True. Both sides get each result before the next proposal (search.lag = 1); tpe/8 and gp/8 are
those of sweep's default lag.

zdt1 (Zitzler, Deb & Thiele 2000) has its first objective, x1, as the number of parameters: that grows evenly with the
units of the network, of which there are 1001.
"""
import argparse, csv, json, math, os, statistics, subprocess, sys, tempfile, time

HEAD = """[sweep]
objective = {objective}
[data]
dataset = sines
samples = 32
test_samples = 1
train = 16
validation = 16
[model]
layers = {layers}
{model}
[train]
epochs = 1
loss = formula
value = ${{{value}}}
[search]
method = tpe
trials = 100
[grid]
{grid}
"""

A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P = [[.1312, .1696, .5569, .0124, .8283, .5886], [.2329, .4135, .8307, .3736, .1004, .9991],
     [.2348, .1451, .3522, .2883, .3047, .6650], [.4047, .8828, .8732, .5743, .1091, .0381]]
C = [1, 1.2, 3, 3.2]


def branin(x, y):
    return (y - 5.1 / (4 * math.pi ** 2) * x * x + 5 / math.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann6(*x):
    return -sum(c * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(ra, x, rp))) for c, ra, rp in zip(C, A, P))


def hartmann_text():
    rows = []
    for c, ra, rp in zip(C, A, P):
        terms = " + ".join(f"{a} * (x{i} - {p}) * (x{i} - {p})" for i, (a, p) in enumerate(zip(ra, rp), 1))
        parts = terms.split(" + ")
        lines = [" + ".join(parts[i:i + 3]) for i in (0, 3)]
        rows.append(f"{c} * exp(-(\n    " + "\n    + ".join(lines) + "))")
    return "-(" + "\n    + ".join(rows) + ")"


def rosenbrock(x, y):
    return (x - 1) ** 2 + 100 * (y - x * x) ** 2


def conditional(kind, x, y=None, z=None):
    near = (x - 0.3) ** 2
    return near + 0.2 + (y - 0.7) ** 2 if kind == "a" else near + (math.log(z) + 4.6) ** 2 * 0.1


UNITS = 1000  # of zdt1: x1 = (units - 1) / UNITS
ZDT1_AXES = 4


def zdt1(x1, *others):
    g = 1 + 9 * sum(others) / len(others)
    return g * (1 - math.sqrt(x1 / g)), x1


# name -> (text of value, of [model], of [grid], what Optuna draws)
FUNCTIONS = {
    "branin": ("(y - 0.12918450914398066 * x * x + 1.5915494309189535 * x - 6)\n    * (y - 0.12918450914398066 * x * x + "
               "1.5915494309189535 * x - 6)\n    + 9.602112642270262 * cos(x) + 10", "",
               "model.x = -5.0..10.0\nmodel.y = 0..15.0",
               lambda t: branin(t.suggest_float("x", -5, 10), t.suggest_float("y", 0, 15))),
    "hartmann6": (hartmann_text(), "", "\n".join(f"model.x{i} = 0.0..1.0" for i in range(1, 7)),
                  lambda t: hartmann6(*[t.suggest_float(f"x{i}", 0, 1) for i in range(1, 7)])),
    "rosenbrock": ("(x - 1) * (x - 1) + 100 * (y - x * x) * (y - x * x)", "",
                   "model.x = -2.0..2.0\nmodel.y = 1e-3..10 log",
                   lambda t: rosenbrock(t.suggest_float("x", -2, 2), t.suggest_float("y", 1e-3, 10, log=True))),
    "conditional": ("(x - 0.3) * (x - 0.3) + (model.kind = a) * (0.2 + (y - 0.7) * (y - 0.7))\n"
                    "    + (model.kind = b) * (log(z) + 4.6) * (log(z) + 4.6) * 0.1", "kind = a\ny = 0\nz = 1",
                    "model.kind = a, b\nmodel.x = 0.0..1.0\nmodel.y = 0.0..1.0 when model.kind = a\n"
                    "model.z = 1e-4..1 log when model.kind = b", None),
    "zdt1": ("(1 + 9 * (x2 + x3 + x4) / 3)\n    * (1 - sqrt((units - 1) / 1000 / (1 + 9 * (x2 + x3 + x4) / 3)))", "",
             "model.units = 1..1001 int\n" + "\n".join(f"model.x{i} = 0.0..1.0" for i in range(2, ZDT1_AXES + 1)),
             lambda t: zdt1((t.suggest_int("units", 1, UNITS + 1) - 1) / UNITS,
                            *[t.suggest_float(f"x{i}", 0, 1) for i in range(2, ZDT1_AXES + 1)])),
}
SEVERAL = {"zdt1"}


def optuna_conditional(t):
    kind, x = t.suggest_categorical("kind", ["a", "b"]), t.suggest_float("x", 0, 1)
    return conditional(kind, x, y=t.suggest_float("y", 0, 1)) if kind == "a" else \
        conditional(kind, x, z=t.suggest_float("z", 1e-4, 1, log=True))


def best_after(values):
    return min(values[:50]), min(values)


def volume_after(values):
    """Of two objectives: what is covered before (10, 1.1)."""
    from optuna._hypervolume import compute_hypervolume
    import numpy as np
    reference = np.array([10.0, 1.1])
    return tuple(compute_hypervolume(np.minimum(np.array(values[:n]), reference), reference) for n in (50, 100))


def by_sweep(program, folder, name, seed, method, lag):
    words = [f"search.method={method}", f"sweep.seed={seed}", f"sweep.name={name}-{method}{lag}-{seed}"]
    if method != "random":
        words.append(f"search.lag={lag}")
    ran = subprocess.run([program, f"{name}.ini", "-q", "--no-plots", "-j", "1", *words], cwd=folder, capture_output=True,
                         text=True)
    if ran.returncode:
        sys.exit(ran.stdout + ran.stderr)
    with open(os.path.join(folder, "results", words[2].split("=")[1] + ".csv")) as f:
        rows = list(csv.DictReader(f))
    if name in SEVERAL:
        return volume_after([(float(r["val_loss"]), (float(r["params"]) - 4) / (3 * UNITS)) for r in rows])
    return best_after([float(r["val_loss"]) for r in rows])


def TPE(seed, **options):
    import optuna
    return optuna.samplers.TPESampler(seed=seed, **options)


def GP(seed):
    import optuna
    return optuna.samplers.GPSampler(seed=seed)


def NSGA(seed):
    import optuna
    return optuna.samplers.NSGAIISampler(seed=seed)


def by_optuna(name, seed, sampler):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    directions = ["minimize"] * (2 if name in SEVERAL else 1)
    study = optuna.create_study(sampler=sampler(seed), directions=directions)
    study.optimize(FUNCTIONS[name][3] or optuna_conditional, n_trials=100)
    return volume_after([t.values for t in study.trials]) if name in SEVERAL else best_after([t.value for t in study.trials])


def kept(cache, name, way, seed, run):
    """What a line of the cache says; else what is computed, and a further line."""
    if not cache:
        return run(seed)
    import optuna
    key = [optuna.__version__, name, way, seed]
    with open(cache, "a+") as f:
        f.seek(0)
        for line in f:
            if json.loads(line)[:4] == key:
                return json.loads(line)[4]
        best = [float(v) for v in run(seed)]
        f.write(json.dumps(key + [best]) + "\n")
    return best


def main():
    import warnings
    warnings.simplefilter("ignore")
    p = argparse.ArgumentParser()
    p.add_argument("program")
    p.add_argument("--seeds", type=int, default=30)
    p.add_argument("--functions", default=",".join(FUNCTIONS))
    p.add_argument("--cache", help="file that keeps the results of Optuna")
    p.add_argument("--only", help="some of the columns, by commas: tpe/1,optuna")
    a = p.parse_args()
    program = os.path.abspath(a.program)
    with tempfile.TemporaryDirectory() as folder:
        for name in a.functions.split(","):
            value, model, grid, _ = FUNCTIONS[name]
            with open(os.path.join(folder, name + ".ini"), "w") as f:
                several = name in SEVERAL
                f.write(HEAD.format(model=model, value=value, grid=grid,
                                    objective="min val_loss, min params" if several else "min val_loss",
                                    layers="dense $units, dense $targets" if several else "dense $targets"))
            ways = {"random": lambda s: by_sweep(program, folder, name, s, "random", 0),
                    "tpe/1": lambda s: by_sweep(program, folder, name, s, "tpe", 1),
                    "tpe/8": lambda s: by_sweep(program, folder, name, s, "tpe", 8),
                    "evolution/1": lambda s: by_sweep(program, folder, name, s, "evolution", 1),
                    "gp/1": lambda s: by_sweep(program, folder, name, s, "gp", 1),
                    "gp/8": lambda s: by_sweep(program, folder, name, s, "gp", 8)}
            ways["optuna"] = lambda s: by_optuna(name, s, TPE)
            if name == "conditional":
                ways["optuna group"] = lambda s: by_optuna(name, s, lambda seed: TPE(seed, group=True))
            elif name in SEVERAL:
                ways["optuna multi"] = lambda s: by_optuna(name, s, lambda seed: TPE(seed, multivariate=True))
                ways["optuna nsga"] = lambda s: by_optuna(name, s, NSGA)
            else:
                ways["optuna gp"] = lambda s: by_optuna(name, s, GP)  # it draws conditional spaces at random
            for way, run in ways.items():
                if a.only and way not in a.only.split(","):
                    continue
                began = time.time()
                cache = a.cache if "optuna" in way else None
                best = [kept(cache, name, way, seed, run) for seed in range(1, a.seeds + 1)]
                print(f"{name:12} {way:13} after 50: {statistics.median(b[0] for b in best):9.5f}  "
                      f"after 100: {statistics.median(b[1] for b in best):9.5f}  ({time.time() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
