#!/usr/bin/env python3
"""The sweep of tests/bench/twelve.ini as a user of PyTorch would write it: a pool of processes, one thread each.

  python3 torch_sweep.py MNIST [--workers 2] [--channels-last] [--bf16] [--optuna] [--images 10000]
MNIST is the folder of the four IDX files, gzipped or not. --optuna: processes that share a study of Optuna, kept in a
journal on the disk, with its GridSampler, instead of a pool. Prints a line a point. compare.py times the whole
process."""
import argparse
import gzip
import itertools
import multiprocessing
import os
import tempfile

POINTS = [dict(kernels=k, dropout=d, batch=b) for k, d, b in itertools.product((8, 16), (0.0, 0.1), (64, 128, 256))]
TEST_BATCH = 250  # larger ones are slower in PyTorch's CPU convolutions


def idx(folder, name):
    import numpy
    path = os.path.join(folder, name)
    raw = open(path, "rb").read() if os.path.exists(path) else gzip.open(path + ".gz", "rb").read()
    dims = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(raw[3])]
    return numpy.frombuffer(raw, numpy.uint8, offset=4 + 4 * raw[3]).reshape(dims)


def load(folder, part, n):
    import torch
    x = torch.from_numpy(idx(folder, part + "-images-idx3-ubyte")[:n].copy()).float().unsqueeze(1)
    y = torch.from_numpy(idx(folder, part + "-labels-idx1-ubyte")[:n].copy()).long()
    return x, y


DATA = []  # of this worker, loaded once


def prepare(folder, images):
    import torch
    torch.set_num_threads(1)
    x, y = load(folder, "train", images)
    mean, std = x.mean(), x.std()
    test, label = load(folder, "t10k", images)
    DATA[:] = [(x - mean) / std, y, (test - mean) / std, label]


def network(kernels, p):
    from torch import nn

    def block(i, o, k, drop):
        return [nn.Conv2d(i, o, k, bias=False), nn.BatchNorm2d(o), nn.ReLU()] + ([nn.Dropout(p)] if drop and p else [])
    return nn.Sequential(*block(1, kernels, 3, 1), *block(kernels, 16, 3, 1), *block(16, 20, 3, 1), nn.MaxPool2d(2),
                         *block(20, 10, 1, 0), *block(10, 16, 3, 1), *block(16, 16, 3, 1), *block(16, 20, 3, 0),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(20, 10))


def train(seed, point, a):
    import torch
    x, y, test, label = DATA
    torch.manual_seed(seed)
    model = network(point["kernels"], point["dropout"])
    if a.channels_last:
        model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4, fused=True)
    loss, batch = torch.nn.CrossEntropyLoss(), point["batch"]
    order = torch.randperm(len(y))
    for i in range(0, len(y) - batch + 1, batch):
        at = order[i:i + batch]
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.bf16):
            value = loss(model(x[at]).float(), y[at])
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
    right = 0
    model.eval()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.bf16):
        for i in range(0, len(label), TEST_BATCH):
            right += int((model(test[i:i + TEST_BATCH]).argmax(1) == label[i:i + TEST_BATCH]).sum())
    return right / len(label)


def train_job(job):
    seed, point, a = job
    return dict(point, test_accuracy=train(seed, point, a))


def in_pool(a):
    jobs = [(1 + i, point, a) for i, point in enumerate(POINTS)]
    with multiprocessing.get_context("fork").Pool(a.workers, prepare, (a.mnist, a.images)) as pool:
        for row in pool.imap_unordered(train_job, jobs):
            print(row, flush=True)


def work_on_study(a, journal):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    prepare(a.mnist, a.images)
    values = {name: sorted({point[name] for point in POINTS}) for name in POINTS[0]}
    study = optuna.create_study(storage=optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(journal)),
                                study_name="twelve", direction="maximize", load_if_exists=True,
                                sampler=optuna.samplers.GridSampler(values, seed=1))

    def objective(trial):
        point = {name: trial.suggest_categorical(name, choices) for name, choices in values.items()}
        accuracy = train(1 + trial.number, point, a)
        print(dict(point, test_accuracy=accuracy), flush=True)
        return accuracy
    study.optimize(objective)


def with_optuna(a):
    with tempfile.TemporaryDirectory() as folder:
        at = multiprocessing.get_context("fork")
        workers = [at.Process(target=work_on_study, args=(a, os.path.join(folder, "journal"))) for _ in range(a.workers)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if any(worker.exitcode for worker in workers):
            raise SystemExit("a worker failed")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("mnist")
    args.add_argument("--workers", type=int, default=2)
    for flag in ("channels-last", "bf16", "optuna"):
        args.add_argument("--" + flag, action="store_true")
    args.add_argument("--images", type=int, default=10000)
    a = args.parse_args()
    (with_optuna if a.optuna else in_pool)(a)


if __name__ == "__main__":
    main()
