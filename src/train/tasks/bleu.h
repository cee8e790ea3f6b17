/* bleu.h - BLEU of translations against one reference each (Papineni et al. 2002, doi:10.3115/1073083.1073135), with
 * the numbers of sacrebleu 2.6 (Post 2018, arXiv:1804.08771), signature
 *
 *     nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0
 *
 * Texts are cut as mteval-v13a does, for Western languages. 100 exp(mean of log p_n, n = 1..4), times exp(1 - wanted /
 * said) where less is said than is wanted; p_n is the share of the n-grams of the translations that their references
 * have, each as often at most; where none is right it is 1 / 2^k of all, of the k-th such n (Chen & Cherry 2014). */
#ifndef TRAIN_TASKS_BLEU_H
#define TRAIN_TASKS_BLEU_H

#include "base/str.h"

#define BLEU_ORDERS 4
struct bleu { /* zero-initialise; bleu_release frees */
    size_t right[BLEU_ORDERS], all[BLEU_ORDERS], said, wanted;
    struct str text, other;        /* scratch */
    uint64_t *token[2], *ngram[2]; /* of the translation and of the reference, as hashes */
    size_t room[2];
};
/* Counts a translation, said[n_said], whose reference is wanted[n_wanted]. 0, or -1 without memory. */
int bleu_count(struct bleu *b, const char *said, size_t n_said, const char *wanted, size_t n_wanted);
/* 0 to 100, of all that were counted. */
double bleu_score(const struct bleu *b);
void bleu_release(struct bleu *b);

#endif
