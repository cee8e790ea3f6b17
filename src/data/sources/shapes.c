/* shapes.c - pictures of discs, squares and triangles on a darker ground, with the class of every pixel. Neither where
 * a shape is, nor how large, turned or bright it is, says what it is: a network has to see its outline. A later shape
 * lies upon earlier ones. */
#include "base/maths.h"
#include "data/sources/made.h"

#include <stdlib.h>

struct shapes_args {
    struct made_args made; /* noise: deviation, as a share of the range of a pixel */
    int size, shapes;
};
_Static_assert(sizeof(struct shapes_args) <= DATA_ARGS, "DATA_ARGS");

#define LEAST_RADIUS 0.12 /* of the side of a picture; of a disc, the others have the same area */
#define MOST_RADIUS 0.24
#define LIGHTEST_GROUND 0.3
#define DARKEST_SHAPE 0.4

// clang-format off
static const struct param shapes_params[] = {
    MADE_PARAMS("0.1"),
    { .name = "size", .type = P_INT, .at = offsetof(struct shapes_args, size), .min = 4, .max = 512, .preset = "32",
      .help = "height and width of the pictures" },
    { .name = "shapes", .type = P_INT, .at = offsetof(struct shapes_args, shapes), .min = 1, .max = 100, .preset = "3",
      .help = "most shapes of a picture, which has 1 to so many" },
    { 0 }
};
// clang-format on

enum shape_class { GROUND, DISC, SQUARE, TRIANGLE, SHAPE_CLASSES };
static const char *const shape_names[SHAPE_CLASSES] = {
    [GROUND] = "ground", [DISC] = "disc", [SQUARE] = "square", [TRIANGLE] = "triangle"};

struct drawn_shape {
    enum shape_class class;
    double x, y, radius, cos, sin, light;
};

static double uniform_between(struct rng *r, double least, double most)
{
    return least + (most - least) * made_uniform(r);
}

static struct drawn_shape draw_shape(struct rng *r, int size)
{
    struct drawn_shape s = {.class = (enum shape_class)(DISC + (int)rng_below(r, SHAPE_CLASSES - DISC))};
    const double angle = uniform_between(r, 0, 2 * M_PI);
    s.x = uniform_between(r, 0, size);
    s.y = uniform_between(r, 0, size);
    s.radius = size * uniform_between(r, LEAST_RADIUS, MOST_RADIUS);
    s.cos = m_cos(angle);
    s.sin = m_sin(angle);
    s.light = uniform_between(r, DARKEST_SHAPE, 1);
    return s;
}

/* Whether (dx, dy) from its middle belongs to it. */
static int is_inside(const struct drawn_shape *s, double dx, double dy)
{
    const double u = (s->cos * dx + s->sin * dy) / s->radius, v = (s->cos * dy - s->sin * dx) / s->radius;
    if (s->class == DISC)
        return u * u + v * v <= 1;
    if (s->class == SQUARE)
        return fabs(u) <= 0.8862 && fabs(v) <= 0.8862; /* half the root of pi */
    return v <= 0.7776 && 1.7320508 * u - v <= 1.5552 &&
           -1.7320508 * u - v <= 1.5552; /* a third of its height is 0.7776 */
}

/* light[size * size] and the labels of a picture without noise. */
static void draw_picture(const struct shapes_args *a, struct rng *r, double *light, uint8_t *label)
{
    const double ground = uniform_between(r, 0, LIGHTEST_GROUND);
    const int n = 1 + (int)rng_below(r, (uint32_t)a->shapes), pixels = a->size * a->size;
    for (int i = 0; i < pixels; i++) {
        light[i] = ground;
        label[i] = GROUND;
    }
    for (int k = 0; k < n; k++) {
        const struct drawn_shape s = draw_shape(r, a->size);
        for (int i = 0; i < pixels; i++)
            if (is_inside(&s, i % a->size + 0.5 - s.x, i / a->size + 0.5 - s.y)) {
                light[i] = s.light;
                label[i] = (uint8_t)s.class;
            }
    }
}

static void make_shapes_part(const struct shapes_args *a, const struct data_spec *s, enum data_part part, size_t n,
                             double *work, uint8_t *pixel, uint8_t *label)
{
    const size_t pixels = (size_t)a->size * (size_t)a->size;
    double *noise = work + pixels;
    for (size_t i = 0; i < n; i++, pixel += pixels, label += pixels) {
        struct rng r;
        rng_init(&r, (uint64_t)s->seed, RNG_MADE, part, (uint32_t)i);
        draw_picture(a, &r, work, label);
        rng_normals(&r, pixels, noise);
        for (size_t k = 0; k < pixels; k++) {
            const double v = 255 * (work[k] + a->made.noise * noise[k]);
            pixel[k] = (uint8_t)(v > 0 ? v < 255 ? v + 0.5 : 255 : 0);
        }
    }
}

static int load_shapes(const struct data_source *source, struct dataset *d, const struct data_spec *s, int peek,
                       struct err *e)
{
    const struct shapes_args *a = (const void *)s->source_args;
    const size_t pixels = (size_t)a->size * (size_t)a->size;
    dataset_of_label_maps(d, 1, a->size, a->size, 255, SHAPE_CLASSES, shape_names);
    d->n[PART_TRAIN] = (size_t)a->made.samples;
    d->n[PART_TEST] = (size_t)a->made.test_samples;
    d->fingerprint = made_fingerprint(source, s);
    double *work = peek ? NULL : malloc(2 * pixels * sizeof *work);
    if (!peek && !work)
        return err_set(e, ERR_NOMEM, "dataset %s: no memory to make it", d->name);
    int bad = 0;
    for (int part = 0; part < DATA_PARTS && !peek && !bad; part++) {
        uint8_t *pixel = dataset_alloc(d, d->n[part] * pixels, e);
        uint8_t *label = pixel ? dataset_alloc(d, d->n[part] * pixels, e) : NULL;
        bad = !label;
        if (!bad)
            make_shapes_part(a, s, (enum data_part)part, d->n[part], work, pixel, label);
        d->field[0].values[part] = pixel;
        d->field[1].values[part] = label;
    }
    free(work);
    return bad ? -1 : 0;
}

const struct data_source source_shapes = {
    .word = {"shapes", "made: pictures of discs, squares and triangles, with the class of each pixel", shapes_params},
    .credit = "",
    .path = PATH_NEVER,
    .input = FIELD_BYTES,
    .made = 1,
    .load = load_shapes,
};
