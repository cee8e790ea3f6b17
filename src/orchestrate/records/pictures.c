/* pictures.c - NAME.pictures.csv: the pixels of the worst mistakes of the best point, or of samples that it was to
 * reconstruct and what it made of them, that it was to label with their label maps over them, or what it has made of
 * noise. */
#include "base/palette.h"
#include "orchestrate/plan.h"
#include "orchestrate/records/records.h"
#include "train/answers.h"
#include "train/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A row. */
struct pixel_source {
    const struct dataset *set;
    size_t picture, sample, repeat, row, column;
    const char *role;
    int truth, taken; /* classes; -1: none */
    double share;
    int red, green, blue;
};

static const char *pixel_truth(const void *row, size_t i, char buf[STR_NUM])
{
    const struct pixel_source *s = row;
    (void)i;
    return class_or_number(s->set, 0, s->truth, buf);
}

static const char *pixel_prediction(const void *row, size_t i, char buf[STR_NUM])
{
    const struct pixel_source *s = row;
    (void)i;
    return class_or_number(s->set, 0, s->taken, buf);
}

static const char *pixel_colour(const void *row, size_t at, char buf[STR_NUM])
{
    const size_t colour = (size_t) * (const int *)(const void *)((const char *)row + at);
    return column_whole(&colour, 0, buf);
}

static const struct column_row picture_columns[] = {
    COLUMN_FIELD("picture", "number of the picture", column_whole, struct pixel_source, picture),
    COLUMN_FIELD("role",
                 "mistake; input (what was to be reconstructed, or labelled), output; truth, answer (label maps, their "
                 "colours over the input before them); made (of noise, as many as the test split has samples)",
                 column_text, struct pixel_source, role),
    COLUMN_FIELD("sample", "number of the sample in the test split, from 1", column_whole, struct pixel_source, sample),
    COLUMN_FIELD("repeat", "number of the repeat of the point", column_whole, struct pixel_source, repeat),
    COLUMN("true", "class of a mistake, or of the pixel of a truth", pixel_truth),
    COLUMN("predicted", "the class that it was taken for", pixel_prediction),
    COLUMN_FIELD("probability", "of that class, to 1/4096; of mistakes", column_float, struct pixel_source, share),
    COLUMN_FIELD("row", "row of the pixel, from the top, from 0", column_whole, struct pixel_source, row),
    COLUMN_FIELD("column", "column of the pixel, from the left, from 0", column_whole, struct pixel_source, column),
    COLUMN_FIELD("red", "0 to 255", pixel_colour, struct pixel_source, red),
    COLUMN_FIELD("green", "0 to 255; as red where the picture has one channel", pixel_colour, struct pixel_source,
                 green),
    COLUMN_FIELD("blue", "0 to 255; so", pixel_colour, struct pixel_source, blue),
};
const struct column_table picture_table = {"NAME.pictures.csv", "a pixel of a picture", COLUMNS_OF(picture_columns)};

/* Pictures that are to be written, the worst mistakes first; of a sample once. */
struct kept_pictures {
    const struct dataset *set;
    size_t repeat;
    int n;
    struct kept_picture {
        size_t sample, repeat;
        int role;
        struct class_answer answer;
        double *pixels; /* packed; owned */
    } v[TRAIN_PICTURE_ROWS];
    int failed; /* no memory */
};

static void begin_pictures(void *ctx, const struct sweep_run *run, const struct trial *t)
{
    struct kept_pictures *k = ctx;
    (void)run;
    k->set = t->kind->set;
    k->repeat = (size_t)t->repeat + 1;
}

/* Whether the sample is there from another repeat already, as bad as this or worse; a less bad one goes. */
static int is_kept(struct kept_pictures *k, const struct kept_picture *p)
{
    for (int i = 0; i < k->n; i++) {
        if (k->v[i].sample != p->sample)
            continue;
        if (p->role != PICTURE_MISTAKE || k->v[i].answer.share >= p->answer.share)
            return 1;
        free(k->v[i].pixels);
        memmove(k->v + i, k->v + i + 1, (size_t)(k->n - 1 - i) * sizeof *k->v);
        k->n--;
        return 0;
    }
    return 0;
}

/* Mistakes go by their share, others stay as they come. */
static int place_of_picture(const struct kept_pictures *k, const struct kept_picture *p)
{
    int at = k->n;
    while (p->role == PICTURE_MISTAKE && at > 0 && p->answer.share > k->v[at - 1].answer.share)
        at--;
    return at;
}

static void keep_picture(struct kept_pictures *k, const double *row, size_t numbers)
{
    struct kept_picture p = {
        .sample = (size_t)row[PICTURE_SAMPLE] + 1, .repeat = k->repeat, .role = (int)row[PICTURE_ROLE]};
    p.answer = p.role == PICTURE_MISTAKE ? class_answer_of(row[PICTURE_ANSWER], data_classes(k->set))
                                         : (struct class_answer){0, 0, NAN};
    if (p.role == PICTURE_MISTAKE && is_kept(k, &p))
        return;
    const int at = place_of_picture(k, &p);
    if (at == TRAIN_PICTURE_ROWS)
        return;
    if (!(p.pixels = malloc((numbers + 1) * sizeof *p.pixels))) {
        k->failed = 1;
        return;
    }
    memcpy(p.pixels, row + PICTURE_PIXELS, numbers * sizeof *p.pixels);
    if (k->n == TRAIN_PICTURE_ROWS)
        free(k->v[--k->n].pixels);
    memmove(k->v + at + 1, k->v + at, (size_t)(k->n - at) * sizeof *k->v);
    k->v[at] = p;
    k->n++;
}

static void see_pictures(void *ctx, const struct train_table *t)
{
    struct kept_pictures *k = ctx;
    const size_t columns = train_picture_columns(k->set);
    if (strcmp(t->name, TRAIN_PICTURES) != 0 || !columns || (size_t)t->cols != columns)
        return;
    for (int i = 0; i < t->rows; i++) {
        const double *row = t->v + i * t->cols;
        if (row[PICTURE_ROLE] == PICTURE_MISTAKE || k->repeat == 1) /* other pictures are shown of one repeat */
            keep_picture(k, row, columns - PICTURE_PIXELS);
    }
}

static void take_colours(struct pixel_source *row, uint32_t rgb)
{
    row->red = (int)(rgb >> 16 & 255);
    row->green = (int)(rgb >> 8 & 255);
    row->blue = (int)(rgb & 255);
}

struct picture_work {
    uint8_t byte[TRAIN_PICTURE_PIXELS]; /* of a picture, or its label map */
    uint32_t rgb[TRAIN_PICTURE_PIXELS]; /* the last picture, which label maps are laid over */
};

/* The pixels of a sample as colours. */
static void sample_colours(const struct dataset *set, const struct kept_picture *p, struct picture_work *w)
{
    const struct shape s = data_input(set)->shape;
    const size_t plane = (size_t)s.h * (size_t)s.w, second = s.c >= 3 ? plane : 0;
    picture_unpack(p->pixels, shape_size(s), w->byte);
    for (size_t i = 0; i < plane; i++)
        w->rgb[i] = (uint32_t)w->byte[i] << 16 | (uint32_t)w->byte[i + second] << 8 | w->byte[i + 2 * second];
}

/* Lays the colours of a label map over those of its input; a pixel without a class keeps its own. */
static void labelled_row(struct pixel_source *row, int role, int label, uint32_t under)
{
    const int class = label == DATA_NO_CLASS ? -1 : label;
    *(role == PICTURE_TRUTH ? &row->truth : &row->taken) = class;
    take_colours(row, class < 0 ? under : palette_over(palette_colour(class), under));
}

static void picture_rows(struct record_file *f, const struct dataset *set, const struct kept_picture *p, size_t number,
                         struct picture_work *w)
{
    static const char *const role[] = {
        [PICTURE_MISTAKE] = "mistake", [PICTURE_INPUT] = "input",   [PICTURE_OUTPUT] = "output",
        [PICTURE_TRUTH] = "truth",     [PICTURE_LABELS] = "answer", [PICTURE_MADE] = "made"};
    const struct shape s = data_input(set)->shape;
    const size_t plane = (size_t)s.h * (size_t)s.w;
    const int known = p->role > 0 && p->role <= PICTURE_MADE ? p->role : PICTURE_MISTAKE,
              maps = known == PICTURE_TRUTH || known == PICTURE_LABELS;
    struct pixel_source row = {.set = set,
                               .picture = number,
                               .role = role[known],
                               .sample = p->sample,
                               .repeat = p->repeat,
                               .truth = known == PICTURE_MISTAKE ? p->answer.truth : -1,
                               .taken = known == PICTURE_MISTAKE ? p->answer.taken : -1,
                               .share = p->answer.share};
    if (maps)
        picture_unpack(p->pixels, plane, w->byte);
    else
        sample_colours(set, p, w);
    for (size_t i = 0; i < plane; i++) {
        row.row = i / (size_t)s.w;
        row.column = i % (size_t)s.w;
        if (maps)
            labelled_row(&row, known, w->byte[i], w->rgb[i]);
        else
            take_colours(&row, w->rgb[i]);
        record_row(f, &row);
    }
}

int write_pictures(struct sweep_run *run, int sync, struct err *e)
{
    struct kept_pictures k = {.n = 0};
    struct record_file f;
    const size_t best = run->records->best_point;
    if (best == SIZE_MAX || !train_picture_columns(point_kind(run, &run->plan->point[best])->set))
        return record_none(run, &picture_table);
    struct picture_work *work = calloc(1, sizeof *work);
    k.failed = !work;
    int bad = tables_of_best(run, begin_pictures, see_pictures, &k, e);
    if (!bad && k.failed)
        bad = err_set(e, ERR_NOMEM, "no memory for the pictures of the best point");
    bad = bad || record_begin(&f, run, &picture_table, NULL, e);
    for (int i = 0; i < k.n && !bad; i++)
        picture_rows(&f, k.set, &k.v[i], (size_t)i + 1, work);
    bad = bad || record_end(&f, 0, sync, e);
    free(work);
    for (int i = 0; i < k.n; i++)
        free(k.v[i].pixels);
    return bad ? -1 : 0;
}
