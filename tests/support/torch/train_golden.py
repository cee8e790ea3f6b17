#!/usr/bin/env python3
"""Golden values of optimizer steps and learning rates from PyTorch.

    python3 tests/support/torch/train_golden.py tests/data

writes train_optimizers.csv (settings, step, w0..w15: parameters after each of 10 steps) and train_schedules.csv
(settings, epochs, steps_per_epoch, step, lr), train_losses.csv (settings, label, loss, five logits and the loss's
gradient at them), train_weighted.csv (settings, six labels, the weighted mean of the losses of a batch and its
gradient at the logits), and train_mixing.csv (of a sample with two labels: settings, label, second label, share of the
first, loss, five logits, their gradient), and train_groups.csv (settings, step, w0..w15: four numbers of each of four
tensors, of which some learn slower and some not before epoch 3, in epochs of two steps). A settings cell is the keys of [train] as a sweep file has them, so the C
side needs no list of its own. Start values and gradients are a formula that both sides compute exactly.
"""
import csv, sys, warnings
import numpy
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


class ByDefinition:
    """What PyTorch lacks, or computes in bf16: written as the papers have it, in float64. The parameters are a matrix of
    two rows."""

    def __init__(self, w, *settings):
        self.w, self.settings, self.t = w, settings, 0
        self.x = w.detach().double().reshape(2, -1)
        self.m, self.v = torch.zeros_like(self.x), torch.zeros_like(self.x)

    def step(self):
        self.t += 1
        self.update(self.w.grad.double().reshape(2, -1), *self.settings)
        self.w.data.copy_(self.x.reshape(-1))


class Lion(ByDefinition):
    def update(self, g, lr, b1, b2, wd):  # algorithm 2 of arXiv:2302.06675
        c = b1 * self.m + (1 - b1) * g
        self.x = self.x - lr * (c.sign() + wd * self.x)
        self.m = b2 * self.m + (1 - b2) * g


class Lamb(ByDefinition):
    def update(self, g, lr, b1, b2, eps, wd):  # algorithm 2 of arXiv:1904.00962
        self.m = b1 * self.m + (1 - b1) * g
        self.v = b2 * self.v + (1 - b2) * g * g
        r = (self.m / (1 - b1**self.t)) / ((self.v / (1 - b2**self.t)).sqrt() + eps) + wd * self.x
        self.x = self.x - lr * self.x.norm() / r.norm() * r


class Muon(ByDefinition):
    def update(self, g, lr, momentum, nesterov, rounds, wd):  # torch/optim/_muon.py, adjust_lr_fn="match_rms_adamw"
        self.m = momentum * self.m + (1 - momentum) * g
        x = momentum * self.m + (1 - momentum) * g if nesterov else self.m
        x = x / x.norm()
        for _ in range(rounds):
            gram = x @ x.T
            x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
        self.x = self.x * (1 - lr * wd) - lr * 0.2 * max(g.shape) ** 0.5 * x


def optimizer(w, s):
    f = lambda k, default: float(s.get(k, default))
    lr, wd = float(s["lr"]), f("weight_decay", 0)
    if s["optimizer"] == "sgd":
        return torch.optim.SGD([w], lr, momentum=f("momentum", 0), nesterov=s.get("nesterov") == "yes", weight_decay=wd)
    if s["optimizer"] == "rmsprop":
        return torch.optim.RMSprop([w], lr, alpha=f("alpha", 0.99), eps=f("eps", 1e-8), momentum=f("momentum", 0), weight_decay=wd)
    if s["optimizer"] == "adagrad":
        return torch.optim.Adagrad([w], lr, eps=f("eps", 1e-10), weight_decay=wd)
    if s["optimizer"] == "adadelta":
        return torch.optim.Adadelta([w], lr, rho=f("rho", 0.9), eps=f("eps", 1e-6), weight_decay=wd)
    if s["optimizer"] == "nadam":
        return torch.optim.NAdam([w], lr, betas=(f("beta1", 0.9), f("beta2", 0.999)), eps=f("eps", 1e-8),
                                 momentum_decay=f("momentum_decay", 0.004), weight_decay=wd)
    if s["optimizer"] == "lion":
        return Lion(w, lr, f("beta1", 0.9), f("beta2", 0.99), wd)
    if s["optimizer"] == "lamb":
        return Lamb(w, lr, f("beta1", 0.9), f("beta2", 0.999), f("eps", 1e-6), wd)
    if s["optimizer"] == "muon":
        return Muon(w, lr, f("momentum", 0.95), s.get("nesterov") != "no", int(s.get("rounds", 5)), wd)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "radam": torch.optim.RAdam}[s["optimizer"]]
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
    "optimizer=adagrad lr=0.1",
    "optimizer=adagrad lr=0.1 eps=0.01 weight_decay=0.05 clip_norm=0.5",
    "optimizer=adadelta lr=1",
    "optimizer=adadelta lr=0.5 rho=0.8 eps=0.001 weight_decay=0.05 clip_norm=0.5",
    "optimizer=nadam lr=0.01",
    "optimizer=nadam lr=0.01 beta1=0.8 beta2=0.95 eps=0.001 momentum_decay=0.1 weight_decay=0.05 clip_norm=0.5",
    "optimizer=radam lr=0.01",
    "optimizer=radam lr=0.01 beta1=0.8 beta2=0.95 eps=0.001 weight_decay=0.05 clip_norm=0.5",
    "optimizer=lion lr=0.01",
    "optimizer=lion lr=0.01 beta1=0.8 beta2=0.95 weight_decay=0.05 clip_norm=0.5",
    "optimizer=lamb lr=0.01",
    "optimizer=lamb lr=0.01 beta1=0.8 beta2=0.95 eps=0.001 weight_decay=0.05 clip_norm=0.5",
    "optimizer=muon lr=0.02",
    "optimizer=muon lr=0.02 momentum=0.8 nesterov=no weight_decay=0.05",
    "optimizer=muon lr=0.02 rounds=2 clip_norm=0.5",
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


GROUPS = [  # two weights, each with its bias after it; weight decay is for weights
    "optimizer=sgd lr=0.1 momentum=0.9 weight_decay=0.05",
    "optimizer=adam lr=0.01 weight_decay=0.05",
    "optimizer=adamw lr=0.01 weight_decay=0.5",
    "optimizer=rmsprop lr=0.01 momentum=0.9",
    "optimizer=nadam lr=0.01",
]
SCALES, FROZEN, UNFREEZE_AT, EPOCH_STEPS = [0.25, 1, 0.5, 0.5], 1, 3, 2


def group_rows():
    for settings in GROUPS:
        s = words(settings)
        ws = [torch.nn.Parameter(start()[4 * g : 4 * g + 4]) for g in range(4)]
        o = optimizer(ws[0], s)
        o.param_groups[0]["lr"] = float(s["lr"]) * SCALES[0]
        for g in range(1, 4):
            decay = float(s.get("weight_decay", 0)) if g == 2 else 0
            o.add_param_group({"params": [ws[g]], "lr": float(s["lr"]) * SCALES[g], "weight_decay": decay})
        for t in range(1, STEPS + 1):
            for g, w in enumerate(ws):
                frozen = g == FROZEN and (t - 1) // EPOCH_STEPS + 1 < UNFREEZE_AT
                w.grad = None if frozen else gradient(t)[4 * g : 4 * g + 4]
            o.step()
            yield [settings, t] + ["%.9g" % v for w in ws for v in w.tolist()]


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
    ("schedule=plateau plateau_patience=1 gamma=0.5", 12, 2),
    ("schedule=plateau plateau_patience=0 gamma=0.3 plateau_delta=0.2 final=0.05", 12, 2),
    ("schedule=polynomial", 4, 5),
    ("schedule=polynomial power=2.5 final=0.1 warmup=0.2", 4, 5),
    ("schedule=polynomial power=0.5", 4, 5),
    ("schedule=cyclic cycle_epochs=2 low=0.2", 7, 3),
    ("schedule=cyclic cycle_epochs=2.5 shrink=0.5 warmup=0.1", 8, 4),
    ("schedule=restarts period=1 period_factor=2 final=0.01", 8, 4),
    ("schedule=restarts period=3 period_factor=1", 8, 3),
    ("schedule=pieces pieces=0:0.1,2:1,4.5:0.5,6:0", 8, 4),
    ("schedule=pieces pieces=1:0.5,3:2 warmup=0.25", 8, 4),
    ("schedule=pieces pieces=0:1,2:1,2:0.1,4:0.1,4:0.01", 7, 3),
]


def result(epoch):  # what plateau looks at
    return ((epoch * 37 + 11) % 64) / 64


def scheduler(o, s, n, lr, spe):
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
    if name == "plateau":
        return S.ReduceLROnPlateau(o, "max", f("gamma", 0.1), int(s.get("plateau_patience", 10)), f("plateau_delta", 0), "abs",
                                   min_lr=lr * f("final", 0), eps=0), True
    if name == "polynomial":
        power, final = f("power", 1), f("final", 0)
        if not final:
            return S.PolynomialLR(o, n, power), False
        return S.LambdaLR(o, lambda i: final + (1 - final) * (1 - i / n) ** power), False
    if name == "cyclic":
        low, shrink = f("low", 0.1), f("shrink", 1)
        return S.CyclicLR(o, lr * low, lr, f("cycle_epochs", 4) * spe / 2, scale_fn=lambda c: shrink ** (c - 1),
                          scale_mode="cycle", cycle_momentum=False), False
    if name == "restarts":
        return S.CosineAnnealingWarmRestarts(o, int(s.get("period", 10)) * spe, int(s.get("period_factor", 2)), lr * f("final", 0)), False
    if name == "pieces":
        epoch, factor = zip(*[map(float, p.split(":")) for p in s["pieces"].split(",")])
        if len(set(epoch)) < len(epoch):  # jumps alone: a milestone is where one is, every factor a tenth of that before
            return S.MultiStepLR(o, [int(e) for e in epoch[1::2]], 0.1), True
        return S.LambdaLR(o, lambda i: float(numpy.interp(i / spe, epoch, factor))), False
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
        sched, by_epoch = scheduler(o, s, total - warm, lr, spe)
        for i in range(total - warm):
            rates.append(o.param_groups[0]["lr"])
            if i + 1 < total - warm and (not by_epoch or (i + 1) % spe == 0):
                sched.step(*([result((i + 1) // spe)] if s["schedule"] == "plateau" else []))
        for i, r in enumerate(rates):
            yield [settings, epochs, spe, i, repr(r)]


def focal(z, y, gamma):  # Lin et al. 2017, equation 5, without alpha
    p = torch.softmax(z, 1)[0, y]
    return -((1 - p) ** gamma) * p.log()


def bce(z, y, smoothing):
    target = torch.full_like(z, smoothing / z.shape[1])
    target[0, y] += 1 - smoothing
    return torch.nn.functional.binary_cross_entropy_with_logits(z, target)


LOSSES = [
    ("loss=cross_entropy", lambda z, y: torch.nn.functional.cross_entropy(z, torch.tensor([y]))),
    ("loss=cross_entropy label_smoothing=0.2", lambda z, y: torch.nn.functional.cross_entropy(z, torch.tensor([y]), label_smoothing=0.2)),
    ("loss=focal", lambda z, y: focal(z, y, 2)),
    ("loss=focal focus=0.5", lambda z, y: focal(z, y, 0.5)),
    ("loss=focal focus=0", lambda z, y: torch.nn.functional.cross_entropy(z, torch.tensor([y]))),
    ("loss=hinge", lambda z, y: torch.nn.functional.multi_margin_loss(z, torch.tensor([y]))),
    ("loss=bce", lambda z, y: bce(z, y, 0)),
    ("loss=bce label_smoothing=0.2", lambda z, y: bce(z, y, 0.2)),
]


def loss_rows():
    for settings, f in LOSSES:
        for i, size in enumerate([1, 4, 20, 0.25]):
            z = torch.tensor([[size * pattern(100 * i + 7 * k) for k in range(5)]], dtype=torch.float64, requires_grad=True)
            y = (3 * i + 1) % 5
            loss = f(z, y)
            loss.backward()
            yield [settings, y, "%.12g" % loss.item()] + ["%.9g" % v for v in z.tolist()[0]] + ["%.12g" % v for v in z.grad.tolist()[0]]


WEIGHTS = [1, 0.25, 3, 0.5]
WEIGHTED_LABELS = [[0, 1, 2, 3, 2, 1], [3, 3, 3, 3, 1, 3], [1, 1, 1, 1, 1, 1]]


def batch_losses(settings, z, y):
    if "focal" in settings:
        return torch.cat([focal(z[i : i + 1], y[i], 2).reshape(1) for i in range(len(y))])
    if "hinge" in settings:
        return torch.nn.functional.multi_margin_loss(z, y, reduction="none")
    if "bce" in settings:
        return torch.cat([bce(z[i : i + 1], y[i], 0).reshape(1) for i in range(len(y))])
    return torch.nn.functional.cross_entropy(z, y, reduction="none")


def weighted_rows():
    weight = torch.tensor(WEIGHTS, dtype=torch.float64)
    for settings in ["loss=cross_entropy", "loss=focal", "loss=hinge", "loss=bce",
                     "loss=cross_entropy label_smoothing=0.3"]:
        for i, labels in enumerate(WEIGHTED_LABELS):
            z = torch.tensor([[2 * pattern(500 + 100 * i + 13 * s + 7 * k) for k in range(4)] for s in range(6)],
                             dtype=torch.float64, requires_grad=True)
            y = torch.tensor(labels)
            loss = (weight[y] * batch_losses(settings, z, y)).sum() / weight[y].sum()
            if "smoothing" in settings:  # PyTorch spreads the weight of each class, not that of the sample's
                loss = torch.nn.CrossEntropyLoss(weight=weight, label_smoothing=0.3)(z, y)
            if settings == "loss=cross_entropy":
                assert torch.isclose(loss, torch.nn.CrossEntropyLoss(weight=weight)(z, y))
            loss.backward()
            yield ([settings + " class_weights=" + ",".join("%g" % v for v in WEIGHTS)] + labels + ["%.12g" % loss.item()]
                   + ["%.12g" % v for v in z.grad.reshape(-1).tolist()])


def write(path, head, rows):
    with open(path, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(head)
        w.writerows(rows)


out = sys.argv[1]
write(out + "/train_optimizers.csv", ["settings", "step"] + ["w%d" % i for i in range(N)], optimizer_rows())
write(out + "/train_groups.csv", ["settings", "step"] + ["w%d" % i for i in range(N)], group_rows())
write(out + "/train_schedules.csv", ["settings", "epochs", "steps_per_epoch", "step", "lr"], schedule_rows())
write(out + "/train_losses.csv", ["settings", "label", "loss"] + ["z%d" % i for i in range(5)] + ["dz%d" % i for i in range(5)], loss_rows())
write(out + "/train_weighted.csv", ["settings"] + ["label%d" % i for i in range(6)] + ["loss"] + ["dz%d" % i for i in range(24)], weighted_rows())
