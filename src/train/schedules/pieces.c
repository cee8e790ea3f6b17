/* pieces.c - the schedule that is written out: straight lines between points. */
#include "base/str.h"
#include "train/train.h"

#include <string.h>

struct pieces_args {
    const char *pieces;
};

// clang-format off
static const struct param pieces_params[] = {
    { .name = "pieces", .type = P_TEXT, .at = offsetof(struct pieces_args, pieces), .preset = "0:1",
      .help = "EPOCH:FACTOR, EPOCH:FACTOR, ...: the factor of the learning rate at the beginning of an epoch (0: the first), along straight lines between; the same epoch twice is a jump" },
    { 0 }
};
// clang-format on

struct lr_point {
    double epoch, factor;
};

/* Reads the number before the first of `ends` and moves on to there. */
static int read_number_before(const char **at, const char *ends, double *v)
{
    char text[64];
    size_t n = strcspn(*at, ends);
    if (n >= sizeof text)
        return -1;
    memcpy(text, *at, n);
    text[n] = 0;
    *at += n;
    return str_to_double(text, v);
}

/* Reads a point and moves on to the next. 1, 0 at the end, or -1: it cannot be read. */
static int next_point(const char **at, struct lr_point *p)
{
    if (!**at)
        return 0;
    if (read_number_before(at, ":,", &p->epoch) || *(*at)++ != ':' || read_number_before(at, ",", &p->factor))
        return -1;
    if (!(p->epoch >= 0 && p->epoch < 1e9 && p->factor >= 0 && p->factor < 1e9))
        return -1;
    if (**at != ',')
        return 1;
    return *++*at ? 1 : -1; /* a comma, and nothing after it */
}

static int pieces_check(const void *args, struct err *e)
{
    const char *text = ((const struct pieces_args *)args)->pieces, *at = text;
    struct lr_point p, last = {0, 0};
    int more, n = 0;
    while ((more = next_point(&at, &p)) > 0 && (!n || p.epoch >= last.epoch)) {
        last = p;
        n++;
    }
    if (n && !more)
        return 0;
    return err_set(e, ERR_USAGE,
                   "'%s' is not a list of EPOCH:FACTOR in the order of the epochs, such as 0:0.1, 5:1, 20:0", text);
}

static double pieces_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const char *text = ((const struct pieces_args *)args)->pieces, *at = text;
    double epoch = (double)i / (double)steps_per_epoch;
    struct lr_point p = {0, 1}, before;
    int first = 1;
    (void)n;
    for (before = p; next_point(&at, &p) > 0; before = p, first = 0)
        if (p.epoch > epoch)
            return first
                       ? p.factor
                       : before.factor + (p.factor - before.factor) * (epoch - before.epoch) / (p.epoch - before.epoch);
    return p.factor;
}

const struct schedule_type schedule_pieces = {
    .name = "pieces",
    .help = "along straight lines between points that are given: pieces = 0:0.1, 5:1, 15:1, 20:0",
    .source = "",
    .params = pieces_params,
    .args_size = sizeof(struct pieces_args),
    .check = pieces_check,
    .factor = pieces_factor,
};
