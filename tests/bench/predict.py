#!/usr/bin/env python3
"""How many images a second does `sweep predict` apply a trained network to, on one core, from the start of the program to
the last row of its table, and how many PyTorch? The network is N1 of compare.py, the images are the 10,000 test images of
MNIST as an IDX file and as a PNG file each. Prints both speeds, their ratio, and the share of right answers on each side.

  python3 tests/bench/predict.py build/release/sweep [--python PYTHON] [--rounds 3] [--core 1] [--images 10000]
MNIST under $SWEEP_DATA (default ../shared/data beside the project). PyTorch has the weights of the same file and its best
batch, layout and mode (eager, compiled, frozen TorchScript), found by a short trial; its start and compilation do not
count. From PNG it reads the files one after the other with the faster of torchvision (if it is there) and Pillow. What is
measured is the time in which a program had its core; ratios are medians of alternating rounds. The images in `sweep bench`
are those of the forward pass of a training of the same network. PYTHON has PyTorch, NumPy and Pillow."""
import argparse
import csv
import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from compare import HERE, N1, peer_environment
from model_file import read_model

FILES = ("idx", "png")


def mnist(part, kind):
    name = "%s/mnist/%s-%s-ubyte" % (os.environ.get("SWEEP_DATA", os.path.join(HERE, "../../../shared/data")), part, kind)
    with gzip.open(name + ".gz") if os.path.exists(name + ".gz") else open(name, "rb") as f:
        return f.read()


def train(a, folder):
    """A short training; returns its model file."""
    with open(folder + "/n1.ini", "w") as f:
        f.write("[data]\ndataset = mnist\ntrain = 6400\nvalidation = 640\ntest = 160\n[model]\nlayers =%s\n[train]\n"
                "epochs = 1\noptimizer = sgd\nlr = 0.05\nmomentum = 0.9\n" % N1.format(drop=""))
    subprocess.run([a.sweep, f.name, "-q", "--no-plots", "--out", folder], check=True, stdout=subprocess.DEVNULL)
    models = folder + "/results/n1/models/"
    return models + os.listdir(models)[0]


def own_seconds(command, out):
    """The seconds of the processor that a program takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(out, "w") as f:
        subprocess.run(command, check=True, stdout=f)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def by_sweep(a, model, folder, kind):
    out = folder + "/answers.csv"
    seconds = own_seconds(["taskset", "-c", a.core, a.sweep, "predict", model, "%s/%s" % (folder, kind), "-j", "1"], out)
    with open(out, newline="") as f:
        answers = [row["predicted"] for row in csv.DictReader(f)]
    return a.images / seconds, answers


class Peer:
    """PyTorch, in a process that predicts when it is asked to."""

    def __init__(self, a, model, folder):
        self.process = subprocess.Popen(["taskset", "-c", a.core, a.python, os.path.abspath(__file__), "--torch", model,
                                         "--folder", folder, "--images", str(a.images)], env=peer_environment(),
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.version = self.process.stdout.readline().strip()

    def predict(self, a, kind):
        self.process.stdin.write(kind + "\n")
        self.process.stdin.flush()
        got = json.loads(self.process.stdout.readline())
        return a.images / got["seconds"], got["answers"]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


# ---- the side of PyTorch


def network(path):
    """N1 with the weights of the file, whose tensors have the numbers of the layers; and how pixels are normalized."""
    import numpy
    import torch
    from torch import nn
    texts, state = read_model(path)
    layers = []
    for conv in ((1, 10, 3), (10, 16, 3), (16, 20, 3), None, (20, 10, 1), (10, 16, 3), (16, 16, 3), (16, 20, 3)):
        layers += [nn.MaxPool2d(2)] if not conv else [
            nn.Conv2d(*conv, bias="%d.bias" % len(layers) in state), nn.BatchNorm2d(conv[1]), nn.ReLU()]
    layers += [nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.Linear(20, 10)]
    net = nn.Sequential(*layers)
    net.load_state_dict(state, strict=False)
    assert set(state) == {name for name in net.state_dict() if not name.endswith("num_batches_tracked")}
    return net.eval(), json.loads(texts["scale"])[0], json.loads(texts["shift"])[0]


def classify(net, pixels, scale, shift, batch, memory_format):
    import torch
    answers = []
    with torch.inference_mode():
        for part in pixels.split(batch):
            x = (part.float() * scale + shift).contiguous(memory_format=memory_format)
            answers += net(x).argmax(1).tolist()
    return answers


def best_mode(net, pixels, scale, shift):
    """The fastest mode, layout and batch for these images: a function from pixels to classes, and its name."""
    import torch
    best = None
    for mode in ("eager", "frozen", "compiled"):
        for layout in ("contiguous_format", "channels_last"):
            for batch in (64, 256, 1000):
                way = getattr(torch, layout)
                own = net.to(memory_format=way)
                if mode == "frozen":
                    own = torch.jit.optimize_for_inference(torch.jit.script(own))
                elif mode == "compiled":
                    own = torch.compile(own)
                try:
                    seconds = []
                    for _ in range(4):
                        began = time.process_time()
                        classify(own, pixels[:2 * batch], scale, shift, batch, way)
                        seconds.append((time.process_time() - began) / batch)
                except Exception as why:  # no compiler, ...
                    print("  %s: %s" % (mode, str(why).splitlines()[0]), file=sys.stderr)
                    break
                print("  %s, %s, %d: %.0f" % (mode, layout, batch, 2 / min(seconds)), file=sys.stderr)
                if not best or min(seconds) < best[0]:
                    best = min(seconds), "%s, %s, batches of %d" % (mode, layout, batch), \
                        lambda x, own=own, batch=batch, way=way: classify(own, x, scale, shift, batch, way)
    return best[2], best[1]


def png_reader(files):
    """The faster way to read PNG files as pixels."""
    import numpy
    import torch
    from PIL import Image

    def by_pillow(names):
        return torch.from_numpy(numpy.stack([numpy.asarray(Image.open(name)) for name in names]))[:, None]
    ways = [by_pillow]
    try:
        from torchvision.io import ImageReadMode, decode_image, read_file
        ways.append(lambda names: torch.stack([decode_image(read_file(name), ImageReadMode.GRAY) for name in names]))
    except ImportError:
        pass

    def seconds(way):
        way(files[:100])
        began = time.process_time()
        way(files[:1000])
        return time.process_time() - began
    return min(ways, key=seconds)


def side_of_torch(a):
    import numpy
    import torch
    torch.set_num_threads(1)
    net, scale, shift = network(a.torch)
    files = sorted(os.path.join(a.folder, "png", name) for name in os.listdir(a.folder + "/png"))

    def from_idx():
        return torch.from_numpy(numpy.fromfile(a.folder + "/idx", numpy.uint8, offset=16)).reshape(-1, 1, 28, 28)
    run, mode = best_mode(net, from_idx(), scale, shift)
    read = png_reader(files)
    for part in (from_idx(), from_idx()[:1000]):  # what is compiled for the last batch does not count either
        run(part)
    print("PyTorch " + torch.__version__.split("+")[0] + ", " + mode, flush=True)
    for line in sys.stdin:
        began, answers = time.process_time(), []
        if line.strip() == "idx":
            answers = run(from_idx())
        else:
            for i in range(0, len(files), 1000):
                answers += run(read(files[i:i + 1000]))
        print(json.dumps({"seconds": time.process_time() - began, "answers": answers}), flush=True)


# ---- both


def write_images(a, folder):
    import numpy
    from PIL import Image
    raw = mnist("t10k", "images-idx3")[16:16 + 784 * a.images]
    with open(folder + "/idx", "wb") as f:
        f.write(b"\0\0\10\3" + a.images.to_bytes(4, "big") + b"\0\0\0\34\0\0\0\34" + raw)
    os.mkdir(folder + "/png")
    for i, image in enumerate(numpy.frombuffer(raw, numpy.uint8).reshape(-1, 28, 28)):
        Image.fromarray(image).save("%s/png/%05d.png" % (folder, i))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sweep", nargs="?", help="the program")
    p.add_argument("--python", default=sys.executable)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--core", default="1")
    p.add_argument("--images", type=int, default=10000)
    p.add_argument("--torch", help=argparse.SUPPRESS)
    p.add_argument("--write", help=argparse.SUPPRESS)
    p.add_argument("--folder", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.torch:
        return side_of_torch(a)
    if a.write:
        return write_images(a, a.write)
    if not a.sweep:
        p.error("the program is missing")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([a.python, os.path.abspath(__file__), "--write", folder, "--images", str(a.images)], check=True)
        model = train(a, folder)
        peer = Peer(a, model, folder)
        got = {kind: [(by_sweep(a, model, folder, kind), peer.predict(a, kind)) for _ in range(a.rounds)]
               for kind in FILES}
        peer.end()
    labels = mnist("t10k", "labels-idx1")[8:8 + a.images]
    print(peer.version)
    print("| from | sweep, images a second | PyTorch | ratio | right here | right there |\n| --- | --- | --- | --- | --- | --- |")
    for kind, rounds in got.items():
        ours, theirs = (statistics.median(r[side][0] for r in rounds) for side in (0, 1))
        ratio = statistics.median(r[0][0] / r[1][0] for r in rounds)
        right = [sum(int(x) == y for x, y in zip(rounds[0][side][1], labels)) / len(labels) for side in (0, 1)]
        print("| %s | %.0f | %.0f | %.2f | %.2f %% | %.2f %% |" % (kind.upper(), ours, theirs, ratio, 100 * right[0],
                                                                 100 * right[1]))


if __name__ == "__main__":
    main()
