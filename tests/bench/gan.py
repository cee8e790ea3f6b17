#!/usr/bin/env python3
"""Do adversarial networks make digits as good as the same networks in PyTorch do after the same steps? Trains a judge on
MNIST with sweep, then generators and critics on both sides, several seeds each, and prints the Frechet distance on the
judge's features, of as many things made as there are test images, and the quotient of the means.

  python3 tests/bench/gan.py build/gcc/sweep [--python PYTHON] [--seeds 3] [--steps 400] [--loss wgan] [--critic-steps 2]
Data: MNIST under $SWEEP_DATA (default ../shared/data beside the project), 10,000 images to train, 2,000 to test, pixels
from 0 to 1. Recipe: batches of 64, Adam with 0.0005, 0.5 and 0.999, PyTorch's first weights on both sides. PYTHON has
PyTorch and NumPy. What the judge puts out for the test images is the same on both sides, as its weights are read from the
model file. Three seeds of 400 steps of gan take two minutes."""
import argparse
import csv
import glob
import gzip
import os
import statistics
import subprocess
import sys
import tempfile

from model_file import read_model

HERE = os.path.dirname(os.path.abspath(__file__))
TRAIN, TEST, NOISE, BATCH, LR = 10000, 2000, 32, 64, 0.0005
DATA = "[data]\ndataset = mnist\ntrain = %d\nvalidation = 0\ntest = %d\nnormalize = unit\n" % (TRAIN, TEST)
JUDGE = DATA + """
[sweep]
objective = max train_accuracy
[model]
layers =
    conv 3x3 16 pad same, relu, maxpool 2
    conv 3x3 32 pad same, relu, maxpool 2
    flatten, dense 64, relu
    dense $classes
[train]
epochs = 3
batch_size = 64
lr = 0.002
"""
GAN = DATA + """
[sweep]
repeats = {seeds}
objective = min train_loss
[model]
init = pytorch
noise = 32
layers =
    dense 1568, reshape 32x7x7, batchnorm, relu
    conv_transpose 4x4 16 stride 2 pad 1, batchnorm, relu
    conv_transpose 4x4 1 stride 2 pad 1, sigmoid
critic =
    conv 4x4 16 stride 2 pad 1, leaky_relu 0.2
    conv 4x4 32 stride 2 pad 1, leaky_relu 0.2
    flatten, dense 1
[train]
task = generate
judge = {judge}
loss = {loss}
critic_steps = {critic_steps}
epochs = 1
epoch_steps = {steps}
batch_size = 64
drop_last = yes
optimizer = adam
beta1 = 0.5
lr = 0.0005
select = last
"""


def data_folder():
    root = os.environ.get("SWEEP_DATA", os.path.join(HERE, "../../../shared/data"))
    return os.path.join(root, "mnist") if os.path.isdir(os.path.join(root, "mnist")) else root


def run(a, folder, name, text):
    with open("%s/%s.ini" % (folder, name), "w") as f:
        f.write(text)
    subprocess.run([a.sweep, f.name, "-q", "--no-plots", "-j", "1", "--out", folder, "data.path=" + data_folder()],
                   check=True, stdout=subprocess.DEVNULL)
    with open("%s/results/%s.csv" % (folder, name), newline="") as f:
        return list(csv.DictReader(f))


def with_torch(a, judge):
    """In a process of PYTHON's, which prints a line a seed."""
    out = subprocess.run([a.python, os.path.abspath(__file__), "--torch", data_folder(), "--judge", judge, "--seeds",
                          str(a.seeds), "--steps", str(a.steps), "--loss", a.loss, "--critic-steps", str(a.critic_steps)],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(line) for line in out.split()]


def load(folder, stem):
    import numpy
    import torch
    path = sorted(glob.glob(os.path.join(folder, stem + "*")))[0]
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        raw = numpy.frombuffer(f.read(), numpy.uint8, offset=16)
    return torch.from_numpy(raw.copy()).float().reshape(-1, 1, 28, 28) / 255


def features_of(path):
    import torch
    from torch import nn
    net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1),
                        nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 49, 64), nn.ReLU(), nn.Linear(64, 10))
    net.load_state_dict(read_model(path)[1])
    return net[:-1].eval()


def frechet(x, y):
    import numpy
    cx, cy = numpy.cov(x, rowvar=False), numpy.cov(y, rowvar=False)
    values, vectors = numpy.linalg.eigh(cx)
    root = (vectors * numpy.sqrt(values.clip(0))) @ vectors.T
    between = numpy.linalg.eigvalsh(root @ cy @ root).clip(0)
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + numpy.trace(cx + cy) - 2 * numpy.sqrt(between).sum()


def networks():
    from torch import nn
    make = nn.Sequential(nn.Linear(NOISE, 1568, bias=False), nn.Unflatten(1, (32, 7, 7)), nn.BatchNorm2d(32), nn.ReLU(),
                         nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
                         nn.ConvTranspose2d(16, 1, 4, 2, 1), nn.Sigmoid())
    critic = nn.Sequential(nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 4, 2, 1), nn.LeakyReLU(0.2),
                           nn.Flatten(), nn.Linear(32 * 49, 1))
    return make, critic


def losses():
    import torch
    softplus = torch.nn.functional.softplus
    return {"gan": (lambda z: softplus(-z), softplus, lambda z: softplus(-z)),
            "lsgan": (lambda z: (z - 1) ** 2 / 2, lambda z: z**2 / 2, lambda z: (z - 1) ** 2 / 2),
            "hinge": (lambda z: torch.relu(1 - z), lambda z: torch.relu(1 + z), lambda z: -z),
            "wgan": (lambda z: -z, lambda z: z, lambda z: -z)}


def critic_step(make, critic, learn, real, loss, a):
    import torch
    made = make(torch.randn(BATCH, NOISE)).detach()
    value = loss[0](critic(real)).mean() + loss[1](critic(made)).mean()
    if a.loss == "wgan":
        x = (made + torch.rand(BATCH, 1, 1, 1) * (real - made)).requires_grad_()
        g = torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0]
        value = value + 10 * ((g.flatten(1).norm(dim=1) - 1) ** 2).mean()
    learn.zero_grad()
    value.backward()
    learn.step()


def side_of_torch(a):
    import torch
    torch.set_num_threads(1)
    train, test = load(a.torch, "train-images")[:TRAIN], load(a.torch, "t10k-images")[:TEST]
    features = features_of(a.judge)
    loss = losses()[a.loss]
    with torch.no_grad():
        wanted = features(test).double().numpy()
    for seed in range(a.seeds):
        torch.manual_seed(seed)
        make, critic = networks()
        learn = [torch.optim.Adam(net.parameters(), LR, betas=(0.5, 0.999)) for net in (make, critic)]
        batches = []
        for _ in range(a.steps):
            for _ in range(a.critic_steps):
                batches = batches or list(torch.randperm(TRAIN)[: TRAIN // BATCH * BATCH].split(BATCH))
                critic_step(make, critic, learn[1], train[batches.pop()], loss, a)
            learn[0].zero_grad()
            loss[2](critic(make(torch.randn(BATCH, NOISE)))).mean().backward()
            learn[0].step()
        make.eval()
        with torch.no_grad():
            print(frechet(wanted, features(make(torch.randn(TEST, NOISE))).double().numpy()))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sweep", nargs="?")
    p.add_argument("--python", default=sys.executable)
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--steps", type=int, default=400)
    p.add_argument("--loss", default="gan", choices=["gan", "lsgan", "hinge", "wgan"])
    p.add_argument("--critic-steps", type=int, default=1)
    p.add_argument("--torch", help=argparse.SUPPRESS)
    p.add_argument("--judge", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.torch:
        return side_of_torch(a)
    with tempfile.TemporaryDirectory() as folder:
        run(a, folder, "judge", JUDGE)
        judge = glob.glob(folder + "/results/judge/models/*.safetensors")[0]
        rows = run(a, folder, "gan", GAN.format(**{**vars(a), "judge": judge}))
        here, there = [float(r["test_frechet"]) for r in rows], with_torch(a, judge)
    for name, v in ("sweep", here), ("PyTorch", there):
        print("%-8s %.4f (%s)" % (name, statistics.mean(v), " ".join("%.3f" % x for x in v)))
    print("quotient %.3f" % (statistics.mean(here) / statistics.mean(there)))


if __name__ == "__main__":
    main()
