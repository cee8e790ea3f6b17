#!/usr/bin/env python3
"""Do an LSTM and a transformer tell good film reviews from bad ones as well here as in PyTorch? Trains those of
sweeps/imdb-lstm.ini (width 64, one way) and sweeps/imdb-transformer.ini (4 heads, depth 1) with the same recipe on both
sides, several seeds each, and prints the accuracies on the same test reviews, the difference of the means with its
standard error, and its 95 % interval (Welch). The weights of the first seed here are also tested in PyTorch, which says
whether the two sides have the same network and tokens.

  python3 tests/bench/imdb.py build/release/sweep [lstm] [transformer] [--python PYTHON] [--seeds 5] [--threads 1]
Data: $SWEEP_DATA/imdb (default ../shared/data beside the project), 5,000 reviews train, 1,000 test; of each the last
100 words. Tokens: the 5,000 most frequent words, learned by sweep and read from its model file. Recipe: 4 epochs of
batches of 32; the LSTM with Adam and 0.003; the transformer with AdamW, 0.002 after a tenth of the steps, down half a
cosine; tables with deviations of 0.02, PyTorch's weights of the LSTM, He's normal ones elsewhere; the weights of the
last epoch. PYTHON has PyTorch and NumPy. Five seeds of both take some minutes on one core."""
import argparse
import csv
import gzip
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import unicodedata

from model_file import read_model

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTH, BATCH = 100, 32
RECIPES = {
    "lstm": {"epochs": 4, "lr": 3e-3, "warmup": 0, "sweep": """
[model]
layers =
    embedding 64 init normal, dropout 0.3
    lstm 32, mean
    dropout 0.3, dense $classes
[train]
epochs     = 4
optimizer  = adam
lr         = 3e-3
"""},
    "transformer": {"epochs": 4, "lr": 2e-3, "warmup": 0.1, "sweep": """
[model]
layers =
    embedding 32 init normal, positional, dropout 0.3
    transformer 32 4 expand 2
    layernorm, mean, dropout 0.3, dense $classes
[train]
epochs     = 4
optimizer  = adamw
lr         = 2e-3
warmup     = 0.1
schedule   = cosine
"""}}
SWEEP = """batch_size = 32
select     = last
[sweep]
name      = {name}
repeats   = {seeds}
objective = min train_loss
keep      = all
[data]
dataset    = csv
file       = imdb/imdb_train_5000.csv.gz
test_file  = imdb/imdb_test_1000.csv.gz
target     = sentiment
text       = review
tokens     = word
lower      = yes
vocabulary = 5000
length     = 100
keep       = end
validation = 0
"""


def data_folder():
    return os.environ.get("SWEEP_DATA", os.path.join(HERE, "../../../shared/data"))


def with_sweep(a, name, folder):
    with open("%s/%s.ini" % (folder, name), "w") as f:
        f.write(RECIPES[name]["sweep"] + SWEEP.format(name=name, seeds=a.seeds))
    subprocess.run([a.sweep, f.name, "-q", "--no-plots", "-j", str(a.threads), "--out", folder], check=True,
                   stdout=subprocess.DEVNULL, env=dict(os.environ, SWEEP_DATA=data_folder()))
    with open("%s/results/%s.csv" % (folder, name), newline="") as f:
        rows = list(csv.DictReader(f))
    return rows, "%s/results/%s/models/%s.safetensors" % (folder, name, rows[0]["id"])


def with_torch(a, name, model):
    """In a process of PYTHON's, which prints JSON: accuracy and loss of the weights of the model, then of each seed."""
    command = [a.python, os.path.abspath(__file__), "--torch", name, "--model", model, "--seeds", str(a.seeds),
               "--threads", str(a.threads)]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


# ---- words, as src/data/text/tokenizer.h has them (without scripts that have no blanks between words)


def of_word(letter):
    return unicodedata.category(letter)[0] in "LMN"


def words_of(text):
    at, n = 0, len(text)
    while at < n:
        if text[at] != "\n" and text[at].isspace():
            at += 1
            continue
        end = at + 1
        while of_word(text[at]) and end < n and (of_word(text[end]) or
                                                 (text[end] in "'\u2019" and end + 1 < n and of_word(text[end + 1]))):
            end += 1 if of_word(text[end]) else 2
        yield text[at:end]
        at = end


def lower(letter):
    return letter.lower() if len(letter.lower()) == 1 else letter


def load(name, about):
    """Ids [reviews][LENGTH], how many of each count, and the classes."""
    import torch
    number = {word: i + 1 for i, word in enumerate(json.loads(about["tokens"])["words"])}
    with gzip.open("%s/imdb/%s.csv.gz" % (data_folder(), name), "rt", encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    ids, lengths = torch.zeros(len(rows), LENGTH, dtype=torch.long), torch.zeros(len(rows), dtype=torch.long)
    for i, row in enumerate(rows):
        text = "".join(map(lower, row["review"]))
        found = [number.get(word, 0) for word in words_of(text)][-LENGTH:]
        ids[i, :len(found)], lengths[i] = torch.tensor(found), len(found)
    return ids, lengths, torch.tensor([int(row["sentiment"] == "positive") for row in rows])


# ---- the side of PyTorch


def network(name, tokens):
    import torch
    from torch import nn
    functional = nn.functional

    class Block(nn.Module):
        """As the block transformer, with twice the width inside."""

        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.norm, self.into, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.dense_norm = nn.LayerNorm(width)
            self.dense = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

        def forward(self, x, counts):
            q, k, v = (y.unflatten(-1, (self.heads, -1)).transpose(1, 2) for y in self.into(self.norm(x)).chunk(3, -1))
            y = functional.scaled_dot_product_attention(q, k, v, attn_mask=counts[:, None, None, :])
            x = x + self.out(y.transpose(1, 2).flatten(-2))
            return x + self.dense(self.dense_norm(x))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            width = 64 if name == "lstm" else 32
            self.table, self.drop = nn.Embedding(tokens, width), nn.Dropout(0.3)
            nn.init.normal_(self.table.weight, 0, 0.02)
            if name == "lstm":
                self.body = nn.LSTM(width, 32, batch_first=True)
            else:
                self.places = nn.Parameter(torch.empty(1, LENGTH, width).normal_(0, 0.02))
                self.body, self.norm = Block(width, 4), nn.LayerNorm(width)
            self.head = nn.Linear(32, 2)
            for m in self.modules():
                if isinstance(m, nn.Linear):
                    nn.init.kaiming_normal_(m.weight)
                    nn.init.zeros_(m.bias)

        def forward(self, ids, lengths):
            ids = ids[:, :lengths.max()]
            counts = torch.arange(ids.shape[1]) < lengths[:, None]
            x = self.table(ids)
            if name == "lstm":
                x = self.body(self.drop(x))[0]
            else:
                x = self.norm(self.body(self.drop(x + self.places[:, :ids.shape[1]]), counts))
            return self.head(self.drop((x * counts[:, :, None]).sum(1) / lengths[:, None]))

    return Net()


def in_order(net):
    """Its parameters as model files have them."""
    places = [net.places] if hasattr(net, "places") else []
    rest = [p for key, p in net.named_parameters() if key not in ("table.weight", "places")]
    return [net.table.weight] + places + rest


def rate(recipe, step, steps):
    warm = int(recipe["warmup"] * steps)
    if step < warm:
        return recipe["lr"] * (0.05 + 0.95 * step / warm)
    return recipe["lr"] * (0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm))) if recipe["warmup"] else 1)


def train(name, tokens, seed, x, lengths, y):
    import torch
    torch.manual_seed(seed)
    net, recipe, each = network(name, tokens), RECIPES[name], -(-len(x) // BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), lr=recipe["lr"], weight_decay=0)
    for epoch in range(recipe["epochs"]):
        for i, at in enumerate(torch.randperm(len(x)).split(BATCH)):
            for group in optimizer.param_groups:
                group["lr"] = rate(recipe, epoch * each + i, recipe["epochs"] * each)
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x[at], lengths[at]), y[at]).backward()
            optimizer.step()
    return net


def tested(net, x, lengths, y):
    import torch
    net.eval()
    with torch.no_grad():
        z = torch.cat([net(x[i:i + 100], lengths[i:i + 100]) for i in range(0, len(x), 100)])
    return float((z.argmax(1) == y).float().mean()), float(torch.nn.functional.cross_entropy(z, y))


def side_of_torch(a):
    import torch
    torch.set_num_threads(a.threads)
    about, tensors = read_model(a.model)
    data, test = load("imdb_train_5000", about), load("imdb_test_1000", about)
    tokens = len(next(iter(tensors.values())))
    net = network(a.torch, tokens)
    with torch.no_grad():
        for p, name in zip(in_order(net), tensors, strict=True):
            p.copy_(tensors[name])
    print(json.dumps(tested(net, *test)), flush=True)
    for seed in range(1, a.seeds + 1):
        print(json.dumps(tested(train(a.torch, tokens, seed, *data), *test)), flush=True)


# ---- both


def quantile(freedom):
    """Of Student's t, of the two-sided 95 % interval, by degrees of freedom."""
    values = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
    return values[min(int(freedom), len(values)) - 1]


def print_difference(v, w):
    difference = statistics.mean(v) - statistics.mean(w)
    if len(v) < 2:
        return print("difference %+.2f points (one seed has no interval)" % (100 * difference))
    p, q = statistics.variance(v) / len(v), statistics.variance(w) / len(w)
    error = math.sqrt(p + q)
    freedom = (p + q) ** 2 / (p ** 2 / (len(v) - 1) + q ** 2 / (len(w) - 1)) if error else 1
    print("difference %+.2f points, standard error %.2f, 95 %% %+.2f to %+.2f" %
          tuple(100 * x for x in (difference, error, difference - quantile(freedom) * error,
                                  difference + quantile(freedom) * error)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sweep", nargs="?", help="the program")
    p.add_argument("networks", nargs="*", help=" or ".join(RECIPES))
    p.add_argument("--python", default=sys.executable)
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--threads", type=int, default=1, help="of PyTorch, workers of sweep")
    p.add_argument("--torch", help=argparse.SUPPRESS)
    p.add_argument("--model", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.torch:
        return side_of_torch(a)
    if not a.sweep or not set(a.networks) <= set(RECIPES):
        p.error("the program is missing" if not a.sweep else "the networks are " + ", ".join(RECIPES))
    for name in a.networks or RECIPES:
        with tempfile.TemporaryDirectory() as folder:
            rows, model = with_sweep(a, name, folder)
            checked, *theirs = with_torch(a, name, model)
        sides = [float(r["test_accuracy"]) for r in rows], [t[0] for t in theirs]
        print(name)
        for side, v in zip(("sweep", "PyTorch"), sides):
            print("%-8s %s  mean %.2f %%" % (side, " ".join("%.1f" % (100 * x) for x in v), 100 * statistics.mean(v)))
        print("first seed here: loss %s; its weights in PyTorch: %.6g, accuracy %.1f %%" %
              (rows[0]["test_loss"], checked[1], 100 * checked[0]))
        print_difference(*sides)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
