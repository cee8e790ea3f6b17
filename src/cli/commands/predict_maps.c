/* predict_maps.c writes label maps that were predicted as PNG files, with the numbers that the label maps of the
 * training had where the classes are called so, else those of the classes from 0. */
#include "cli/commands/predict_maps.h"

#include "base/file.h"
#include "base/str.h"
#include "data/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number that a class is called, 0 to 255; -1: it is called something else. */
static int number_of_name(const char *name)
{
    for (int k = 0; k < DATA_CLASSES; k++)
        if (!strcmp(name, dataset_digits[k]))
            return k;
    return -1;
}

static void number_map_classes(struct label_answers *l)
{
    int named = 1;
    for (int k = 0; k < l->m->classes; k++)
        named &= number_of_name(l->m->class_name[k]) >= 0;
    for (int k = 0; k < l->m->classes; k++)
        l->number[k] = (uint8_t)(named ? number_of_name(l->m->class_name[k]) : k);
}

int label_answers_init(struct label_answers *l, const struct model *m, const struct options *opt, struct arena *a,
                       struct err *e)
{
    const struct shape y = nn_output(m->graph);
    const size_t positions = (size_t)y.h * (size_t)y.w;
    *l = (struct label_answers){.m = m, .folder = opt->to ? opt->to : "", .split = opt->split};
    l->class = arena_take(a, positions);
    l->map = arena_take(a, positions);
    l->share = arena_take(a, (size_t)y.c * sizeof *l->share);
    if (a->failed)
        return err_set(e, ERR_NOMEM, "no memory for label maps");
    number_map_classes(l);
    return *l->folder ? file_mkdirs(l->folder, e) : 0;
}

void label_answers_release(struct label_answers *l)
{
    keymap_release(&l->written);
}

/* z [classes][positions] */
static void find_answers(struct label_answers *l, const float *z, size_t positions)
{
    for (int k = 0; k < l->m->classes; k++)
        l->share[k] = 0;
    for (size_t i = 0; i < positions; i++) {
        size_t best = 0;
        for (size_t k = 1; k < (size_t)l->m->classes; k++)
            if (z[k * positions + i] > z[best * positions + i])
                best = k;
        l->class[i] = (uint8_t)best;
        l->map[i] = l->number[best];
        l->share[best]++;
    }
    for (int k = 0; k < l->m->classes; k++)
        l->share[k] /= (double)positions;
}

static double accuracy_of(const struct label_answers *l, const uint8_t *truth, size_t positions)
{
    size_t known = 0, right = 0;
    for (size_t i = 0; truth && i < positions; i++) {
        known += truth[i] != DATA_NO_CLASS;
        right += truth[i] == l->class[i];
    }
    return (double)right / (double)known; /* 0 / 0 is NaN */
}

/* FOLDER/NAME.png, of a further sample of a file, or one of a split, FOLDER/NAME-NUMBER.png. */
static int name_map(struct label_answers *l, const struct prediction *p, struct err *e)
{
    const char *file = p->file ? p->file : l->split, *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
    const char *dot = p->file ? strrchr(name, '.') : NULL;
    const int letters = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    char number[32] = "";
    if (p->number > 1 || !p->file)
        snprintf(number, sizeof number, "-%zu", p->number);
    const int n = snprintf(l->path, sizeof l->path, "%s/%.*s%s.png", l->folder, letters, name, number);
    if (n >= (int)sizeof l->path)
        return err_set(e, ERR_USAGE, "%s: the name of its label map is too long", file);
    const uint64_t key = str_hash(STR_HASH, l->path, (size_t)n);
    if (keymap_get(&l->written, key) != KEYMAP_NONE)
        return err_set(e, ERR_USAGE,
                       "%s: another sample has the label map %s already; predict them into another folder", file,
                       l->path);
    return keymap_put(&l->written, key, 1) ? err_set(e, ERR_NOMEM, "no memory for the names of label maps") : 0;
}

int label_answers_see(struct label_answers *l, const struct prediction *p, struct err *e)
{
    const struct shape y = nn_output(l->m->graph);
    const size_t positions = (size_t)y.h * (size_t)y.w;
    find_answers(l, p->z, positions);
    l->accuracy = p->labels ? accuracy_of(l, p->labels, positions) : NAN;
    l->path[0] = 0;
    if (!*l->folder)
        return 0;
    return name_map(l, p, e) || label_map_write(l->path, l->map, y.h, y.w, e) ? -1 : 0;
}
