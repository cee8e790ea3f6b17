#!/usr/bin/env python3
"""Golden values of optimizer steps and learning rates from PyTorch.

    python3 tests/support/torch/train_golden.py tests/data

writes train_optimizers.csv (settings, step, w0..w15: parameters after each of 10 steps) and train_schedules.csv
(settings, epochs, steps_per_epoch, step, lr). A settings cell is the keys of [train] as a sweep file has them, so the C
side needs no list of its own. Start values and gradients are a formula that both sides compute exactly.
"""
import csv, sys, warnings
import torch

warnings.filterwarnings("ignore")  # a scheduler is stepped without its optimizer here, on purpose

N, STEPS = 16, 10


def pattern(i):  # in [-1, 1), multiples of 1/128: exact in float32
    return ((i * 7919 + 104729) % 256 - 128) / 128


def start():
    return torch.tensor([pattern(i) for i in range(N)])


def gradient(t):
    return torch.tensor([pattern(1000 + 37 * t + 11 * i) for i in range(N)])


def words(settings):
    return dict(w.split("=") for w in settings.split())


def optimizer(w, s):
    f = lambda k, default: float(s.get(k, default))
    lr, wd = float(s["lr"]), f("weight_decay", 0)
    if s["optimizer"] == "sgd":
        return torch.optim.SGD([w], lr, momentum=f("momentum", 0), nesterov=s.get("nesterov") == "yes", weight_decay=wd)
    if s["optimizer"] == "rmsprop":
        return torch.optim.RMSprop([w], lr, alpha=f("alpha", 0.99), eps=f("eps", 1e-8), momentum=f("momentum", 0), weight_decay=wd)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[s["optimizer"]]
    return kind([w], lr, betas=(f("beta1", 0.9), f("beta2", 0.999)), eps=f("eps", 1e-8), weight_decay=wd)


OPTIMIZERS = [
    "optimizer=sgd lr=0.1",
    "optimizer=sgd lr=0.1 weight_decay=0.05",
    "optimizer=sgd lr=0.1 momentum=0.9",
    "optimizer=sgd lr=0.1 momentum=0.9 weight_decay=0.05",
    "optimizer=sgd lr=0.1 momentum=0.9 nesterov=yes",
    "optimizer=sgd lr=0.1 momentum=0.9 nesterov=yes weight_decay=0.05",
    "optimizer=sgd lr=0.1 momentum=0.9 nesterov=yes weight_decay=0.05 clip_norm=0.5",
    "optimizer=sgd lr=0.1 clip_norm=100",
    "optimizer=rmsprop lr=0.01",
    "optimizer=rmsprop lr=0.01 weight_decay=0.05",
    "optimizer=rmsprop lr=0.01 alpha=0.9 eps=0.001",
    "optimizer=rmsprop lr=0.01 momentum=0.9",
    "optimizer=rmsprop lr=0.01 momentum=0.9 weight_decay=0.05",
    "optimizer=adam lr=0.01",
    "optimizer=adam lr=0.01 weight_decay=0.05",
    "optimizer=adam lr=0.01 beta1=0.8 beta2=0.95 eps=0.001",
    "optimizer=adam lr=0.01 weight_decay=0.05 clip_norm=0.5",
    "optimizer=adamw lr=0.01",
    "optimizer=adamw lr=0.01 weight_decay=0.05",
    "optimizer=adamw lr=0.01 beta1=0.8 beta2=0.95 eps=0.001 weight_decay=0.5",
]


def optimizer_rows():
    for settings in OPTIMIZERS:
        s = words(settings)
        w = torch.nn.Parameter(start())
        o = optimizer(w, s)
        for t in range(1, STEPS + 1):
            w.grad = gradient(t)
            if "clip_norm" in s:
                torch.nn.utils.clip_grad_norm_([w], float(s["clip_norm"]))
            o.step()
            yield [settings, t] + ["%.9g" % v for v in w.tolist()]


SCHEDULES = [
    ("schedule=constant", 4, 5),
    ("schedule=constant warmup=0.25 warmup_from=0.1", 4, 5),
    ("schedule=step step_epochs=2 gamma=0.3", 7, 3),
    ("schedule=step step_epochs=3 gamma=0.5 warmup=0.3 warmup_from=0", 9, 4),
    ("schedule=exponential gamma=0.8", 6, 4),
    ("schedule=exponential gamma=0.9 warmup=0.2", 6, 5),
    ("schedule=cosine", 5, 6),
    ("schedule=cosine final=0.001 warmup=0.2 warmup_from=0.05", 5, 7),
    ("schedule=cosine final=0.1 warmup=0.001", 3, 4),
    ("schedule=onecycle", 6, 7),
    ("schedule=onecycle pct_start=0.5 div_factor=10 final_div_factor=100", 3, 9),
    ("schedule=onecycle pct_start=0.25 warmup=0.25 warmup_from=0.04", 8, 5),
    ("schedule=onecycle pct_start=0", 2, 5),
]


def scheduler(o, s, n, lr):
    S, f = torch.optim.lr_scheduler, lambda k, default: float(s.get(k, default))
    name = s["schedule"]
    if name == "constant":
        return S.LambdaLR(o, lambda i: 1.0), False
    if name == "step":
        return S.StepLR(o, int(s["step_epochs"]), f("gamma", 0.1)), True
    if name == "exponential":
        return S.ExponentialLR(o, f("gamma", 0.95)), True
    if name == "cosine":
        return S.CosineAnnealingLR(o, n, eta_min=lr * f("final", 0)), False
    return S.OneCycleLR(o, lr, total_steps=n, pct_start=f("pct_start", 0.3), div_factor=f("div_factor", 25),
                        final_div_factor=f("final_div_factor", 1e4), cycle_momentum=False), False


def schedule_rows():
    for settings, epochs, spe in SCHEDULES:
        settings += " lr=0.05"
        s = words(settings)
        lr, total = float(s["lr"]), epochs * spe
        warm = max(1, int(float(s["warmup"]) * total)) if "warmup" in s else 0
        new = lambda: torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr)
        rates = []
        if warm:
            o = new()
            start = float(s.get("warmup_from", 0.05))
            # LinearLR refuses 0 as a start factor
            w = torch.optim.lr_scheduler.LinearLR(o, start, 1.0, warm) if start else torch.optim.lr_scheduler.LambdaLR(o, lambda i: i / warm)
            for i in range(warm):
                rates.append(o.param_groups[0]["lr"])
                w.step()
        o = new()
        sched, by_epoch = scheduler(o, s, total - warm, lr)
        for i in range(total - warm):
            rates.append(o.param_groups[0]["lr"])
            if i + 1 < total - warm and (not by_epoch or (i + 1) % spe == 0):
                sched.step()
        for i, r in enumerate(rates):
            yield [settings, epochs, spe, i, repr(r)]


def write(path, head, rows):
    with open(path, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(head)
        w.writerows(rows)


out = sys.argv[1]
write(out + "/train_optimizers.csv", ["settings", "step"] + ["w%d" % i for i in range(N)], optimizer_rows())
write(out + "/train_schedules.csv", ["settings", "epochs", "steps_per_epoch", "step", "lr"], schedule_rows())
