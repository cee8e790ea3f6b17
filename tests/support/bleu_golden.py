#!/usr/bin/python3
"""Writes tests/data/train_bleu.txt: BLEU as sacrebleu computes it, of translations and their references.

Run: python3 tests/support/bleu_golden.py tests/data      (sacrebleu 2.6.0, from PyPI)

A line `corpus SCORE` begins a set; of each pair follow two lines, the translation and the reference, in which \\xNN is
a byte.
"""
import random
import sys

import sacrebleu

WORDS = ("a man in the street is looking at two dogs , and a child (with 3.5 apples) plays . \u201eja\u201c \u00fcber "
         "Stra\u00dfe e-mail 10-15 1,000 it's $5 &quot;so&quot; &amp; x_y a/b \u2013 end. , ... 3. .5 <skipped> \u4e2d\u6587 !? #1 "
         "\u00a0 \u2003 \u3000 &lt;b&gt; well-known 7- -7 a.b.c U.S. [ok] {ok} ~ ^ ` @ \u00e9t\u00e9").split(" ")


def shown(text):
    return "".join(chr(b) if 32 <= b < 127 and b != 92 else "\\x%02x" % b for b in text.encode())


def corpora():
    r = random.Random(3)
    for size in (1, 2, 5, 40):
        said, wanted = [], []
        for _ in range(size):
            words = [r.choice(WORDS) for _ in range(r.randrange(1, 18))]
            wanted.append(" ".join(words))
            for k in range(len(words)):
                if r.random() < 0.2:
                    words[k] = r.choice(WORDS)
            if r.random() < 0.3:
                words = words[: r.randrange(len(words) + 1)]
            said.append(" ".join(words))
        yield said, wanted
    yield ["the cat"], ["the cat sat on the mat"]
    yield ["dog"], ["a cat"]
    yield ["the the the the the"], ["the cat sat"]
    yield ["", "a b c d e f"], ["something", "a b c d e f"]
    yield ["a b c"], ["a b c"]
    yield ["a b x d e", "f"], ["a b c d e", "g"]
    yield ["He said: &quot;No&quot;, twice.", "10-15 1,000.5 -\n x"], ['He said: "No", twice.', "10 - 15 1,000.5 x"]


def main():
    bleu = sacrebleu.BLEU()
    with open(sys.argv[1] + "/train_bleu.txt", "w") as out:
        for said, wanted in corpora():
            score = bleu.corpus_score(said, [wanted]).score
            out.write("corpus %.12g\n" % score)
            for a, b in zip(said, wanted):
                out.write("%s\n%s\n" % (shown(a), shown(b)))
    print(bleu.get_signature())


main()
