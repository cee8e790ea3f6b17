/* A checkpoint: bytes as they are where the input begins with an even byte; else a real one, changed from the place
 * that the next two bytes say on, with its checksum made right: a forged state. One that is taken is trained to its
 * end. */
#include "fuzz.h"

#include "config/config.h"
#include "orchestrate/datasets.h"
#include "orchestrate/planner.h"
#include "train/train.h"

#include <string.h>
#include <zlib.h>

static const char file[] =
    "[data]\ntrain = 40\nvalidation = 20\ntest = 20\n[model]\nlayers = avgpool 4, flatten, dense 10\n"
    "[train]\nepochs = 3\noptimizer = sgd\nmomentum = 0.9\npatience = 2\nlr = 0.1\n";

static struct {
    struct sweep *s;
    struct datasets sets;
    struct arena plan, memory;
    struct point p;
    struct nn_graph g;
    struct train_job job;
    unsigned char *real, *forged; /* [n] */
    size_t n;
} all;

static struct training *fresh(void)
{
    struct err e = {0};
    arena_reset(&all.memory);
    struct training *r = train_new(&all.job, &all.memory, &e);
    PROMISE(r);
    return r;
}

static void set_up(void)
{
    struct err_list errs = {0};
    struct err e = {0};
    struct epoch_row row;
    struct proposal first;
    struct search_history none = {0};
    PROMISE(!sweep_open(&all.s, fuzz_file(file, sizeof file - 1), NULL, 0, &errs));
    arena_init(&all.plan);
    PROMISE(!search_next(sweep_search(all.s), &none, &first, &e));
    PROMISE(!sweep_point(all.s, &first, (struct target_kind){.classes = 10}, &all.plan, &all.p, &errs));
    const struct data_view *view = datasets_view(&all.sets, &all.p.data, &e);
    PROMISE(view && !point_graph(&all.p, view->set, &all.g, &all.plan, &errs));
    all.job =
        (struct train_job){.spec = &all.p.train, .graph = &all.g, .view = view, .k = kernels_pick("ref"), .seed = 1};
    PROMISE(!arena_init_fixed(&all.memory, train_bytes(&all.job)));
    struct training *r = fresh();
    PROMISE(!train_epoch(r, &row, &e));
    all.n = train_state_bytes(r);
    PROMISE((all.real = malloc(all.n)) && (all.forged = malloc(all.n)));
    train_state_write(r, all.real);
}

/* The checksum of everything after the header of 32 bytes stands at byte 12. */
static void forge(const uint8_t *bytes, size_t n)
{
    size_t at = 32 + ((size_t)bytes[0] << 8 | bytes[1]) % (all.n - 32);
    memcpy(all.forged, all.real, all.n);
    for (size_t i = 2; i < n && at < all.n; i++, at++)
        all.forged[at] ^= bytes[i];
    uint32_t crc = (uint32_t)crc32_z(0, all.forged + 32, all.n - 32);
    memcpy(all.forged + 12, &crc, sizeof crc);
}

static void go_on(struct training *r)
{
    struct train_result result;
    struct epoch_row row;
    struct err e = {0};
    PROMISE(train_epochs_run(r) >= 0 && train_epochs_run(r) <= all.p.train.epochs);
    while (!train_done(r))
        if (train_epoch(r, &row, &e)) {
            PROMISE(e.code == ERR_DIVERGED);
            return;
        }
    if (train_epochs_run(r))
        train_finish(r, &result);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct err e = {0};
    if (!all.s)
        set_up();
    struct training *r = fresh();
    int bad;
    if (n > 2 && bytes[0] % 2) {
        forge(bytes + 1, n - 1);
        bad = train_state_read(r, all.forged, all.n, &e);
    } else {
        bad = train_state_read(r, bytes + (n > 0), n - (n > 0), &e);
    }
    PROMISE(!bad == !e.code);
    if (!bad)
        go_on(r);
    return 0;
}
