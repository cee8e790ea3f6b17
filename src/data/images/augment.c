/* augment.c lists the augmentations, one row each, and draws for one sample what they do to it. */
#include "data/images/augment.h"

#include "base/maths.h"
#include "base/str.h"
#include "data/data.h"
#include "data/images/retouch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct amount {
    double value;
};
struct pad {
    int value;
};
struct elastic {
    double alpha, sigma;
};
struct jitter {
    double brightness, contrast, saturation, hue;
};

/* A word draws u[4], the same numbers for the same sample whatever else is augmented; it moves an image or retouches
 * it.
 */
struct augment_type {
    struct data_word word;
    void (*draw)(const void *args, const uint32_t u[4], struct motion *m);
    void (*retouch)(const void *args, const uint32_t u[4], struct retouch *r);
    unsigned which; /* RETOUCH_X of such a word */
};

/* (-1,1), symmetric, as rng_signed */
static double symmetric(uint32_t u)
{
    return ((double)(u >> 8) * 2 + 1 - 0x1p24) * 0x1p-24;
}

// clang-format off
static const struct param rotate_params[] = {
    { .name = "degrees", .type = P_FLOAT, .at = offsetof(struct amount, value), .min = 0, .max = 180,
      .help = "largest angle, uniform in both directions" },
    { 0 }
};
static const struct param shift_params[] = {
    { .name = "pixels", .type = P_FLOAT, .at = offsetof(struct amount, value), .min = 0, .max = 1000,
      .help = "largest distance on either axis, fractions too" },
    { 0 }
};
static const struct param zoom_params[] = {
    { .name = "fraction", .type = P_FLOAT, .at = offsetof(struct amount, value), .min = 0, .max = 1, .open = 2,
      .help = "scale uniform in 1 - f to 1 + f" },
    { 0 }
};
static const struct param hflip_params[] = {
    { .name = "probability", .type = P_FLOAT, .at = offsetof(struct amount, value), .min = 0, .max = 1,
      .preset = "0.5", .help = "of mirroring" },
    { 0 }
};
static const struct param crop_params[] = {
    { .name = "pad", .type = P_INT, .at = offsetof(struct pad, value), .min = 0, .max = 1000,
      .help = "zeros put around the image before the cut" },
    { 0 }
};
static const struct param vflip_params[] = {
    { .name = "probability", .type = P_FLOAT, .at = offsetof(struct amount, value), .min = 0, .max = 1,
      .preset = "0.5", .help = "of mirroring" },
    { 0 }
};
static const struct param resized_crop_params[] = {
    { .name = "least", .type = P_FLOAT, .at = offsetof(struct amount, value), .min = 0, .max = 1, .open = 1,
      .preset = "0.08", .help = "least share of the area that is cut out" },
    { 0 }
};
static const struct param elastic_params[] = {
    { .name = "alpha", .type = P_FLOAT, .at = offsetof(struct elastic, alpha), .min = 0, .max = 10000,
      .help = "pixels that the smoothed fields are multiplied by; of 28x28 pixels 34 is usual" },
    { .name = "sigma", .type = P_FLOAT, .at = offsetof(struct elastic, sigma), .min = 0.25, .max = 16, .preset = "4",
      .help = "deviation of the smoothing in pixels" },
    { 0 }
};
static const struct param contrast_params[] = {
    { .name = "fraction", .type = P_FLOAT, .at = offsetof(struct amount, value), .min = 0, .max = 1,
      .help = "factor uniform in 1 - f to 1 + f" },
    { 0 }
};
static const struct param jitter_params[] = {
    { .name = "brightness", .type = P_FLOAT, .at = offsetof(struct jitter, brightness), .min = 0, .max = 1,
      .help = "factor uniform in 1 - f to 1 + f" },
    { .name = "contrast", .type = P_FLOAT, .at = offsetof(struct jitter, contrast), .min = 0, .max = 1, .preset = "0",
      .help = "so, of the distance from the mean grey" },
    { .name = "saturation", .type = P_FLOAT, .at = offsetof(struct jitter, saturation), .min = 0, .max = 1,
      .preset = "0", .help = "so, of the distance from the grey of each pixel" },
    { .name = "hue", .type = P_FLOAT, .at = offsetof(struct jitter, hue), .min = 0, .max = 0.5, .preset = "0",
      .help = "largest turn in both directions, as a share of the circle of colours" },
    { 0 }
};
static const struct param noise_params[] = {
    { .name = "deviation", .type = P_FLOAT, .at = offsetof(struct amount, value), .min = 0, .max = 10,
      .help = "as a share of the largest value" },
    { 0 }
};
static const struct param erase_params[] = {
    { .name = "probability", .type = P_FLOAT, .at = offsetof(struct amount, value), .min = 0, .max = 1,
      .preset = "0.5", .help = "of erasing" },
    { 0 }
};
// clang-format on

static void rotate_draw(const void *args, const uint32_t u[4], struct motion *m)
{
    m->angle = symmetric(u[0]) * ((const struct amount *)args)->value * (M_PI / 180);
}

static void shift_draw(const void *args, const uint32_t u[4], struct motion *m)
{
    m->dx = symmetric(u[0]) * ((const struct amount *)args)->value;
    m->dy = symmetric(u[1]) * ((const struct amount *)args)->value;
}

static void zoom_draw(const void *args, const uint32_t u[4], struct motion *m)
{
    m->zoom = 1 + symmetric(u[0]) * ((const struct amount *)args)->value;
}

static void hflip_draw(const void *args, const uint32_t u[4], struct motion *m)
{
    m->flip = (u[0] >> 8) * 0x1p-24 < ((const struct amount *)args)->value;
}

static void crop_draw(const void *args, const uint32_t u[4], struct motion *m)
{
    int pad = ((const struct pad *)args)->value; /* the bias of multiply-and-shift is below 2^-21 */
    m->crop_x = (int)((uint64_t)u[0] * (uint32_t)(2 * pad + 1) >> 32) - pad;
    m->crop_y = (int)((uint64_t)u[1] * (uint32_t)(2 * pad + 1) >> 32) - pad;
}

/* [0,1) */
static double share_of_number(uint32_t u)
{
    return (u >> 8) * 0x1p-24;
}

/* From least to most, uniform in the logarithm. */
static double proportions_of(uint32_t u, double least, double most)
{
    return least * m_exp(share_of_number(u) * m_log(most / least));
}

static void resized_crop_draw(const void *args, const uint32_t u[4], struct retouch *r)
{
    const double least = ((const struct amount *)args)->value;
    r->area = least + (1 - least) * share_of_number(u[0]);
    r->proportions = proportions_of(u[1], 3. / 4, 4. / 3);
    r->at_x = share_of_number(u[2]);
    r->at_y = share_of_number(u[3]);
}

static void vflip_draw(const void *args, const uint32_t u[4], struct retouch *r)
{
    r->vflip = share_of_number(u[0]) < ((const struct amount *)args)->value;
}

static void elastic_draw(const void *args, const uint32_t u[4], struct retouch *r)
{
    const struct elastic *a = args;
    (void)u;
    r->alpha = a->alpha;
    r->sigma = a->sigma;
}

static void contrast_draw(const void *args, const uint32_t u[4], struct retouch *r)
{
    r->contrast = 1 + symmetric(u[0]) * ((const struct amount *)args)->value;
}

static void jitter_draw(const void *args, const uint32_t u[4], struct retouch *r)
{
    const struct jitter *a = args;
    r->brightness = 1 + symmetric(u[0]) * a->brightness;
    r->jitter_contrast = 1 + symmetric(u[1]) * a->contrast;
    r->saturation = 1 + symmetric(u[2]) * a->saturation;
    r->hue = symmetric(u[3]) * a->hue;
}

static void noise_draw(const void *args, const uint32_t u[4], struct retouch *r)
{
    (void)u;
    r->noise = ((const struct amount *)args)->value;
}

/* The place has 16 bits on each axis. */
static void erase_draw(const void *args, const uint32_t u[4], struct retouch *r)
{
    if (!(share_of_number(u[0]) < ((const struct amount *)args)->value))
        return;
    r->erased = 0.02 + (0.33 - 0.02) * share_of_number(u[1]);
    r->erased_proportions = proportions_of(u[2], 0.3, 3.3);
    r->erased_x = (u[3] >> 16) * 0x1p-16;
    r->erased_y = (u[3] & 0xffff) * 0x1p-16;
}

/* A new word goes to the end: its row number is its place in the random stream. */
static const struct augment_type types[] = {
    {.word = {"rotate", "turns by up to so many degrees", rotate_params}, .draw = rotate_draw},
    {.word = {"shift", "moves by up to so many pixels, bilinear", shift_params}, .draw = shift_draw},
    {.word = {"zoom", "scales by 1 - f to 1 + f about the centre", zoom_params}, .draw = zoom_draw},
    {.word = {"hflip", "mirrors left and right", hflip_params}, .draw = hflip_draw},
    {.word = {"crop", "pads with zeros and cuts the size out again at a random place", crop_params}, .draw = crop_draw},
    {.word = {"resized_crop",
              "cuts out a rectangle of 3:4 to 4:3 and makes it as large as the image (Szegedy et al. 2015)",
              resized_crop_params},
     .retouch = resized_crop_draw,
     .which = RETOUCH_CROP},
    {.word = {"vflip", "mirrors top and bottom", vflip_params}, .retouch = vflip_draw, .which = RETOUCH_VFLIP},
    {.word = {"elastic", "bends by smoothed random fields (Simard et al. 2003)", elastic_params},
     .retouch = elastic_draw,
     .which = RETOUCH_ELASTIC},
    {.word = {"contrast", "pulls values away from their mean, or towards it", contrast_params},
     .retouch = contrast_draw,
     .which = RETOUCH_COLOUR},
    {.word = {"jitter", "changes brightness, contrast, saturation and hue, in this order", jitter_params},
     .retouch = jitter_draw,
     .which = RETOUCH_COLOUR},
    {.word = {"noise", "adds normal noise", noise_params}, .retouch = noise_draw, .which = RETOUCH_NOISE},
    {.word = {"erase", "sets a rectangle of 2 to 33 % of the image to 0 after normalization (Zhong et al. 2020)",
              erase_params},
     .retouch = erase_draw,
     .which = RETOUCH_ERASE},
};
enum { TYPES = sizeof types / sizeof *types };
_Static_assert(TYPES <= AUGMENT_WORDS, "AUGMENT_WORDS");
_Static_assert(sizeof(struct jitter) <= AUGMENT_ARGS, "AUGMENT_ARGS");

const struct data_word *data_augment_word(size_t i)
{
    return i < TYPES ? &types[i].word : NULL;
}

static const char *augmentation_name(size_t i, const void *ctx)
{
    (void)ctx;
    return i < TYPES ? types[i].word.name : NULL;
}

static int type_find(const char *name, const struct where *w, struct err *e)
{
    for (int i = 0; i < TYPES; i++)
        if (!strcmp(types[i].word.name, name))
            return i;
    const char *near = str_nearest(name, augmentation_name, NULL);
    if (near)
        return err_at(e, ERR_USAGE, w, "no augmentation '%s'; did you mean '%s'?", name, near);
    char all[AUGMENT_WORDS * 16] = "";
    for (int i = 0; i < TYPES; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", types[i].word.name);
    return err_at(e, ERR_USAGE, w, "no augmentation '%s', expected one of %s", name, all);
}

/* The next word of *s, cut off by a NUL; NULL after the last. */
static char *next_word(char **s)
{
    char *p = *s + strspn(*s, " \t\r\n");
    if (!*p)
        return NULL;
    char *end = p + strcspn(p, " \t\r\n");
    *s = *end ? end + 1 : end;
    *end = 0;
    return p;
}

/* Arguments in the order of the table, or as `name value`. */
static int parse_args(const struct data_word *t, char *rest, void *args, const struct where *w, struct err *e)
{
    const struct param *next = t->params;
    unsigned set = 0;
    param_defaults(t->params, args);
    for (char *word; (word = next_word(&rest));) {
        const struct param *p = param_find(t->params, word);
        if (p && !(word = next_word(&rest)))
            return err_at(e, ERR_USAGE, w, "%s: '%s' wants a value", t->name, p->name);
        if (!p)
            p = next;
        if (!p->name)
            return err_at(e, ERR_USAGE, w, "%s: '%s' is one argument too many; words are separated by commas", t->name,
                          word);
        unsigned bit = 1u << (p - t->params);
        if (set & bit)
            return err_at(e, ERR_USAGE, w, "%s: %s is given twice", t->name, p->name);
        struct err wrong = {0};
        if (param_set(p, args, word, NULL, &wrong))
            return err_at(e, ERR_USAGE, w, "%s %s", t->name, wrong.text);
        set |= bit;
        next = p + 1;
    }
    for (const struct param *p = t->params; p->name; p++)
        if (!p->preset && !(set & 1u << (p - t->params))) {
            char range[200];
            return err_at(e, ERR_USAGE, w, "%s wants its %s, %s", t->name, p->name,
                          param_range(p, range, sizeof range));
        }
    return 0;
}

static int parse_augmentation(struct augment *a, char *item, const struct where *w, struct err *e)
{
    char *name = next_word(&item);
    if (!name)
        return err_at(e, ERR_USAGE, w, "nothing between two commas, expected an augmentation");
    int i = type_find(name, w, e);
    if (i < 0)
        return -1;
    if (a->given[i])
        return err_at(e, ERR_USAGE, w, "%s is given twice", name);
    a->given[i] = a->any = 1;
    a->moves |= types[i].draw != NULL;
    a->retouches |= types[i].which;
    return parse_args(&types[i].word, item, a->args[i], w, e);
}

int augment_parse(struct augment *a, const char *text, const struct where *w, struct err *e)
{
    char buf[512];
    memset(a, 0, sizeof *a);
    text = text ? text : "";
    if (strlen(text) >= sizeof buf)
        return err_at(e, ERR_USAGE, w, "longer than %zu characters", sizeof buf - 1);
    strcpy(buf, text);
    char *s = str_trim(buf);
    if (!*s || !strcmp(s, "none"))
        return 0;
    for (char *comma; s; s = comma) {
        comma = strchr(s, ',');
        if (comma)
            *comma++ = 0;
        if (parse_augmentation(a, s, w, e))
            return -1;
    }
    return 0;
}

const char *data_augment_text(const char *augment, char *buf, size_t n)
{
    struct augment a;
    struct err ignored = {0};
    size_t used = 0;
    if (!n || augment_parse(&a, augment, NULL, &ignored))
        return NULL;
    buf[0] = 0;
    for (int i = 0; i < TYPES; i++) {
        const struct param *p = a.given[i] ? types[i].word.params : NULL;
        if (p && used < n)
            used += (size_t)snprintf(buf + used, n - used, "%s%s", used ? ", " : "", types[i].word.name);
        for (; p && p->name && used < n; p++) {
            char value[64];
            if (!p->preset || strcmp(param_text(p, a.args[i], value, sizeof value), p->preset))
                used += (size_t)snprintf(buf + used, n - used, " %s", param_text(p, a.args[i], value, sizeof value));
        }
    }
    return used < n ? buf : NULL;
}

/* Word i's numbers are the i-th four of the stream: those of absent words need not be computed. */
void augment_draw(const struct augment *a, uint64_t seed, uint32_t epoch, int n, const uint32_t *sample,
                  struct motion *m, struct retouch *retouch)
{
    uint32_t u[4][16];
    struct rng r;
    rng_init(&r, seed, RNG_AUGMENT, epoch, 0);
    for (int i = 0; i < n; i++)
        m[i] = (struct motion){0, 1, 0, 0, 0, 0, 0};
    for (int i = 0; retouch && i < n; i++) {
        retouch[i] = (struct retouch)RETOUCH_NONE;
        retouch[i].stream = sample[i];
    }
    for (uint32_t t = 0; t < TYPES; t++) {
        if (!a->given[t])
            continue;
        for (int i = 0; i < 16; i++) {
            u[0][i] = t;
            u[1][i] = sample[i < n ? i : 0];
            u[2][i] = r.ctr[2];
            u[3][i] = r.ctr[3];
        }
        rng_philox_16(r.key, u);
        for (int i = 0; i < n; i++) {
            const uint32_t own[4] = {u[0][i], u[1][i], u[2][i], u[3][i]};
            if (types[t].draw)
                types[t].draw(a->args[t], own, &m[i]);
            else if (retouch)
                types[t].retouch(a->args[t], own, &retouch[i]);
        }
    }
}
