#!/usr/bin/env python3
"""Does a transformer translate as well here as in PyTorch? Trains that of sweeps/translate.ini on Multi30k, German to
English, with the same recipe and as many steps on both sides, and prints BLEU on the same 1,000 sentences as sacrebleu
has it, the difference, and its 95 % interval over sentences drawn with replacement (1,000 times, the same for both).
That interval knows nothing of seeds: with --seeds 2 and more the BLEU of each seed is printed, too. The weights trained
here also translate in PyTorch, which says whether the two sides have the same network, tokens and search.

  python3 tests/bench/translate.py build/release/sweep [--python PYTHON] [--seeds 1] [--epochs 6] [--threads 1]
                                   [--folder FOLDER]
Data: $SWEEP_DATA/multi30k (default ../shared/data beside the project). Tokens: 4,000 merged bytes a side, learned by
sweep and read from its model file. Recipe: width 128, 4 heads, 2 blocks a side, batches of 64, AdamW, lr 0.001 after
5 % of the steps, down half a cosine, clipped at 1, labels softened by 0.1, dropout 0.1 after the embeddings, He's
normal weights, tables with deviations of 0.02; the weights of the last epoch; 4 beginnings kept, length penalty 0.6.
PYTHON has PyTorch, NumPy and sacrebleu. Six epochs of one seed take about an hour of one core, estimated from steps.
With --folder both sides go on where they were interrupted, and what is made stays there."""
import argparse
import csv
import glob
import gzip
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

from model_file import read_model

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTH, WIDTH, HEADS, DEPTH, BEAM, PENALTY, VALIDATION = 48, 128, 4, 2, 4, 0.6, 0.03
SWEEP = """
[sweep]
name      = translate
repeats   = {seeds}
objective = min val_loss
keep      = all
[data]
dataset    = pairs
from       = multi30k/train.de.gz
to         = multi30k/train.en.gz
test_from  = multi30k/test_2016_flickr.de.gz
test_to    = multi30k/test_2016_flickr.en.gz
tokens     = bpe
vocabulary = 4000
length     = 48
validation = 0.03
[model]
layers =
    embedding 128 init normal, positional, dropout 0.1, {{ transformer 128 4 }} x 2
    layernorm
    target
    embedding 128 init normal, positional, dropout 0.1, {{ transformer 128 4 causal 1 cross 1 }} x 2
    layernorm, dense tied
[train]
epochs          = {epochs}
batch_size      = 64
optimizer       = adamw
lr              = 1e-3
schedule        = cosine
warmup          = 0.05
clip_norm       = 1
label_smoothing = 0.1
beam            = 4
length_penalty  = 0.6
select          = last
"""


def data_folder():
    return os.environ.get("SWEEP_DATA", os.path.join(HERE, "../../../shared/data"))


def with_sweep(a, folder):
    """A model file for each seed, and the translations of all: [seed][sentence]."""
    with open(folder + "/translate.ini", "w") as f:
        f.write(SWEEP.format(seeds=a.seeds, epochs=a.epochs))
    subprocess.run([a.sweep, f.name, "-q", "--no-plots", "-j", str(a.threads), "--out", folder], check=True,
                   stdout=subprocess.DEVNULL, env=dict(os.environ, SWEEP_DATA=data_folder()))
    with open(folder + "/results/translate.csv", newline="") as f:
        rows = list(csv.DictReader(f))
    with open(folder + "/results/translate.translations.csv", newline="") as f:
        lines = list(csv.DictReader(f))
    return {"models": ["%s/results/translate/models/%s.safetensors" % (folder, row["id"]) for row in rows],
            "bleu": [float(row["test_bleu"]) for row in rows], "loss": [float(row["test_loss"]) for row in rows],
            "texts": [[line["predicted"] for line in lines if line["repeat"] == row["repeat"]] for row in rows]}


def with_torch(a, folder, model, job, *words):
    """In a process of PYTHON's, which prints JSON."""
    command = [a.python, os.path.abspath(__file__), "--torch", job, "--model", model, "--epochs", str(a.epochs),
               "--threads", str(a.threads), "--folder", folder, *words]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


# ---- texts and tokens, as src/data/text/tokenizer.h has them


def lines(name):
    """Those of a file, without the ends of lines."""
    with gzip.open("%s/multi30k/%s.gz" % (data_folder(), name)) as f:
        return [line[:-1] if line.endswith(b"\r") else line for line in f.read().removesuffix(b"\n").split(b"\n")]


def kind(byte):
    if byte >= 0x80 or chr(byte).isalpha():
        return "letter"
    return "digit" if chr(byte).isdigit() else "blank" if byte == 32 or 9 <= byte <= 13 else "other"


def pieces(text):
    at = 0
    while at < len(text):
        begin = at + (text[at] == 32 and at + 1 < len(text) and kind(text[at + 1]) != "blank")
        what, end = kind(text[begin]), begin + 1
        while end < min(len(text), at + 64) and kind(text[end]) == what:
            end += 1
        if what == "blank" and at + 1 < end < len(text) and text[end - 1] == 32 and kind(text[end]) != "blank":
            end -= 1
        yield text[at:end]
        at = end


class Tokens:
    def __init__(self, text):
        merges = [tuple(pair) for pair in json.loads(text)["merges"]]
        self.rank = {pair: i for i, pair in enumerate(merges)}
        self.bytes = [bytes([i]) for i in range(256)]
        for left, right in merges:
            self.bytes.append(self.bytes[left] + self.bytes[right])
        self.size, self.known = len(self.bytes), {}

    def encode_piece(self, piece):
        ids = list(piece)
        while len(ids) > 1:
            best = min((self.rank.get(pair, self.size), i) for i, pair in enumerate(zip(ids, ids[1:])))
            if best[0] == self.size:
                break
            ids[best[1]:best[1] + 2] = [256 + best[0]]
        return ids

    def encode(self, text):
        ids = []
        for piece in pieces(text):
            if piece not in self.known:
                self.known[piece] = self.encode_piece(piece)
            ids += self.known[piece]
        return ids

    def decode(self, ids):
        return b"".join(self.bytes[i] for i in ids).decode(errors="replace")


class Pairs:
    """Ids of the three splits: source, and target between the tokens that begin and end it."""

    def __init__(self, about):
        self.source, self.target = Tokens(about["tokens"]), Tokens(about["target_tokens"])
        self.begin, self.end = self.target.size, self.target.size + 1
        train = [(self.source.encode(s), self.target.encode(t))
                 for s, t in zip(lines("train.de"), lines("train.en"))]
        known = len(train) - int(VALIDATION * len(train) + 0.5)
        self.validation = train[known:]
        self.train = [p for p in train[:known] if max(map(len, p)) <= LENGTH]
        self.wanted = [line.decode() for line in lines("test_2016_flickr.en")]
        self.test = [(self.source.encode(s), self.target.encode(t.encode()))
                     for s, t in zip(lines("test_2016_flickr.de"), self.wanted)]
        assert all(p[0] and p[1] for p in train)
        assert max(len(x) for p in self.validation + self.test for x in p) <= LENGTH


# ---- the side of PyTorch


def network(source, target):
    import torch
    from torch import nn
    functional = nn.functional

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.into, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

        def forward(self, x, seen=None, mask=None, causal=False):
            def heads(y):
                return y.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)
            if seen is None:
                q, k, v = self.into(x).chunk(3, -1)
            else:
                w, b = self.into.weight.split([WIDTH, 2 * WIDTH]), self.into.bias.split([WIDTH, 2 * WIDTH])
                q, (k, v) = functional.linear(x, w[0], b[0]), functional.linear(seen, w[1], b[1]).chunk(2, -1)
            y = functional.scaled_dot_product_attention(heads(q), heads(k), heads(v), attn_mask=mask, is_causal=causal)
            return self.out(y.transpose(1, 2).flatten(-2))

    class Block(nn.Module):
        def __init__(self, cross):
            super().__init__()
            self.norm, self.attention = nn.LayerNorm(WIDTH), Attention()
            if cross:
                self.cross_norm, self.cross = nn.LayerNorm(WIDTH), Attention()
            self.dense_norm = nn.LayerNorm(WIDTH)
            self.dense = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

        def forward(self, x, mask, seen=None):
            if seen is None:
                x = x + self.attention(self.norm(x), mask=mask)
            else:
                x = x + self.attention(self.norm(x), causal=True)
                x = x + self.cross(self.cross_norm(x), seen, mask)
            return x + self.dense(self.dense_norm(x))

    class Side(nn.Module):
        def __init__(self, tokens, positions, cross):
            super().__init__()
            self.table, self.places = nn.Embedding(tokens, WIDTH), nn.Parameter(torch.empty(1, positions, WIDTH))
            self.drop = nn.Dropout(0.1)
            self.blocks = nn.ModuleList([Block(cross) for _ in range(DEPTH)])
            self.norm = nn.LayerNorm(WIDTH)

        def forward(self, ids, mask, seen=None):
            x = self.drop(self.table(ids) + self.places[:, :ids.shape[1]])
            for block in self.blocks:
                x = block(x, mask, seen)
            return self.norm(x)

    class Translator(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = Side(source, LENGTH, False), Side(target, LENGTH + 1, True)
            self.bias = nn.Parameter(torch.zeros(target))

        def encode(self, ids, lengths):
            mask = (torch.arange(ids.shape[1]) < lengths[:, None])[:, None, None, :]
            return self.encoder(ids, mask), mask

        def out(self, x):
            return functional.linear(x, self.decoder.table.weight, self.bias)

    net = Translator()
    for m in net.modules():
        if isinstance(m, nn.Linear):
            nn.init.kaiming_normal_(m.weight)
            nn.init.zeros_(m.bias)
        elif isinstance(m, Side):
            nn.init.normal_(m.table.weight, 0, 0.02)
            nn.init.normal_(m.places, 0, 0.02)
    return net


def in_order(net):
    """Its parameters as model files have them."""
    sides = []
    for side in (net.encoder, net.decoder):
        rest = [p for name, p in side.named_parameters() if name not in ("places", "table.weight")]
        sides += [side.table.weight, side.places] + rest
    return sides + [net.bias]


def padded(ids):
    import torch
    lengths = torch.tensor([len(x) for x in ids])
    table = torch.zeros(len(ids), int(lengths.max()), dtype=torch.long)
    for row, x in zip(table, ids):
        row[:len(x)] = torch.tensor(x)
    return table, lengths


def losses_of(net, pairs, batch, smoothing):
    """The sum over the tokens of the targets, and how many they are."""
    import torch
    source, lengths = padded([p[0] for p in batch])
    target, n = padded([[pairs.begin] + p[1] + [pairs.end] for p in batch])
    seen, mask = net.encode(source, lengths)
    x = net.decoder(target[:, :-1], mask, seen)
    counts = torch.arange(x.shape[1]) < n[:, None] - 1
    return torch.nn.functional.cross_entropy(net.out(x[counts]), target[:, 1:][counts], reduction="sum",
                                             label_smoothing=smoothing), int(counts.sum())


def mean_loss(net, pairs, split):
    import torch
    net.eval()
    with torch.no_grad():
        parts = [losses_of(net, pairs, split[i:i + 64], 0) for i in range(0, len(split), 64)]
    return float(sum(p[0] for p in parts) / sum(p[1] for p in parts))


def rate(step, steps):
    warm = int(0.05 * steps)
    if step < warm:
        return 1e-3 * (0.05 + 0.95 * step / warm)
    return 1e-3 * 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm)))


def train(a, pairs):
    """The network after --epochs; after each of them a file from which it goes on when it was interrupted."""
    import torch
    torch.manual_seed(a.seed)
    net = network(pairs.source.size, pairs.target.size + 2)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0)
    kept, each = "%s/torch-%d.pt" % (a.folder, a.seed), -(-len(pairs.train) // 64)
    first = 0
    if os.path.exists(kept):
        state = torch.load(kept)
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        first = state["epochs"]
    for epoch in range(first, a.epochs):
        net.train()
        for i, at in enumerate(torch.randperm(len(pairs.train)).split(64)):
            for group in optimizer.param_groups:
                group["lr"] = rate(epoch * each + i, a.epochs * each)
            optimizer.zero_grad()
            loss, n = losses_of(net, pairs, [pairs.train[k] for k in at], 0.1)
            (loss / n).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1)
            optimizer.step()
        torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "random": torch.get_rng_state(),
                    "epochs": epoch + 1}, kept + ".tmp")
        os.replace(kept + ".tmp", kept)
        print("epoch %d of %d: val_loss %.4f" % (epoch + 1, a.epochs, mean_loss(net, pairs, pairs.validation)),
              file=sys.stderr, flush=True)
    return net


def search(net, pairs, sources):
    """The likeliest translations of some sources, as src/train/beam.h says."""
    import torch
    ids, lengths = padded(sources)
    seen, mask = net.encode(ids, lengths)
    seen, mask = seen.repeat_interleave(BEAM, 0), mask.repeat_interleave(BEAM, 0)
    n, tokens = len(sources), net.bias.shape[0]
    known = torch.full((n * BEAM, 1), pairs.begin)
    sums = torch.full((n, BEAM), -math.inf)
    sums[:, 0] = 0
    finished, best = [0] * n, [(-math.inf, [])] * n
    done = [False] * n

    def finish(k, row, count, value):
        finished[k] += 1
        score = value / ((5 + count) / 6) ** PENALTY
        if score > best[k][0]:
            best[k] = score, known[k * BEAM + row, 1:].tolist()

    for length in range(LENGTH + 1):
        z = net.out(net.decoder(known, mask, seen)[:, -1]).double().log_softmax(1)
        z[:, pairs.begin] = -math.inf
        values, at = (sums.double()[:, :, None] + z.view(n, BEAM, tokens)).flatten(1).topk(2 * BEAM)
        values, rows, token = values.tolist(), (at // tokens).tolist(), (at % tokens).tolist()
        sums = torch.full((n, BEAM), -math.inf)
        from_row, new = [0] * (n * BEAM), [0] * (n * BEAM)
        for k in range(n):
            go = 0
            for i in range(2 * BEAM):
                if done[k] or go == BEAM or values[k][i] == -math.inf:
                    break
                if token[k][i] != pairs.end:
                    from_row[k * BEAM + go], new[k * BEAM + go] = k * BEAM + rows[k][i], token[k][i]
                    sums[k, go], go = values[k][i], go + 1
                elif i < BEAM:
                    finish(k, rows[k][i], length + 1, values[k][i])
            if done[k] or finished[k] >= BEAM:
                done[k], sums[k] = True, -math.inf
        if all(done):
            break
        known = torch.cat([known[from_row], torch.tensor(new)[:, None]], 1)
    for k in range(n):
        for row in range(BEAM):
            if not done[k] and finished[k] < BEAM and sums[k, row] > -math.inf:
                finish(k, row, LENGTH + 1, float(sums[k, row]))
    return [ids for _, ids in best]


def translate(net, pairs):
    import torch
    net.eval()
    order = sorted(range(len(pairs.test)), key=lambda i: len(pairs.test[i][0]))
    texts = [None] * len(order)
    with torch.no_grad():
        for i in range(0, len(order), 50):
            for k, ids in zip(order[i:i + 50], search(net, pairs, [pairs.test[k][0] for k in order[i:i + 50]])):
                texts[k] = pairs.target.decode(ids)
    return texts


def counts_of(texts, wanted):
    """Of each sentence what BLEU adds up: hits and totals of one to four words, lengths."""
    from sacrebleu.metrics import BLEU
    scores = [BLEU().corpus_score([t], [[w]]) for t, w in zip(texts, wanted)]
    return [s.counts + s.totals + [s.sys_len, s.ref_len] for s in scores]


def bleu_of(counts):
    from sacrebleu.metrics import BLEU
    s = [int(x) for x in counts]
    return BLEU.compute_bleu(s[:4], s[4:8], s[8], s[9], smooth_method="exp").score


def compare(ours, theirs, wanted):
    """BLEU of two lists of seeds, and of the first ones the difference with its interval."""
    import numpy
    counts = [[numpy.array(counts_of(texts, wanted)) for texts in side] for side in (ours, theirs)]
    random, differences = numpy.random.default_rng(1), []
    for _ in range(1000):
        at = random.integers(0, len(wanted), len(wanted))
        means = [statistics.mean(bleu_of(c[at].sum(0)) for c in side) for side in counts]
        differences.append(means[0] - means[1])
    return {"bleu": [[bleu_of(c.sum(0)) for c in side] for side in counts],
            "interval": [float(x) for x in numpy.quantile(differences, (0.025, 0.975))]}


def side_of_torch(a):
    import torch
    torch.set_num_threads(a.threads)
    about, tensors = read_model(a.model)
    pairs = Pairs(about)
    if a.torch == "compare":
        with open(a.folder + "/texts.json") as f:
            return compare(*json.load(f), pairs.wanted)
    if a.torch == "train":
        net = train(a, pairs)
    else:
        net = network(pairs.source.size, pairs.target.size + 2)
        with torch.no_grad():
            for p, name in zip(in_order(net), tensors, strict=True):
                p.copy_(tensors[name])
    texts = translate(net, pairs)
    return {"loss": mean_loss(net, pairs, pairs.test), "texts": texts}


# ---- both


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sweep", nargs="?", help="the program")
    p.add_argument("--python", default=sys.executable)
    p.add_argument("--seeds", type=int, default=1)
    p.add_argument("--epochs", type=int, default=6)
    p.add_argument("--threads", type=int, default=1, help="of PyTorch, workers of sweep")
    p.add_argument("--folder", help="where what is made stays")
    p.add_argument("--torch", choices=("train", "weights", "compare"), help=argparse.SUPPRESS)
    p.add_argument("--model", help=argparse.SUPPRESS)
    p.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.torch:
        print(json.dumps(side_of_torch(a)))
        return
    if not a.sweep:
        p.error("the program is missing")
    with tempfile.TemporaryDirectory() as made:
        folder = a.folder or made
        os.makedirs(folder, exist_ok=True)
        ours = with_sweep(a, folder)
        checked = with_torch(a, folder, ours["models"][0], "weights")
        theirs = [with_torch(a, folder, ours["models"][0], "train", "--seed", str(k + 1)) for k in range(a.seeds)]
        with open(folder + "/texts.json", "w") as f:
            json.dump([ours["texts"] + [checked["texts"]], [t["texts"] for t in theirs]], f)
        judged = with_torch(a, folder, ours["models"][0], "compare")
    (bleu, other), interval = judged["bleu"], judged["interval"]
    print("sweep    BLEU %s, by its own count %s; loss %s" %
          (words(bleu[:-1], 2), words(ours["bleu"], 2), words(ours["loss"], 4)))
    print("  its weights in PyTorch: BLEU %.2f, loss %.4f" % (bleu[-1], checked["loss"]))
    print("PyTorch  BLEU %s; loss %s" % (words(other, 2), words([t["loss"] for t in theirs], 4)))
    print("difference %+.2f, 95 %% by sentences %+.2f to %+.2f" %
          (statistics.mean(bleu[:-1]) - statistics.mean(other), *interval))


def words(values, digits):
    return " ".join("%.*f" % (digits, v) for v in values)


if __name__ == "__main__":
    main()
