/* point.h - how the specs of a training are filled, and what is made of them. Private to config/space. */
#ifndef CONFIG_SPACE_POINT_H
#define CONFIG_SPACE_POINT_H

#include "config/sweep.h"

struct specs {
    void *of[KEY_SPECS]; /* by the group of a key; NULL: not wanted */
};
struct specs specs_of(struct data_spec *data, struct nn_spec *nn, struct train_spec *train);
int setting_in_spec(const struct setting *st);    /* a key of a table whose struct a point has */
int setting_may_differ(const struct setting *st); /* between points */

/* point.c: what differs between points, into the specs that are wanted; errors are located. */
void fill_varying(const struct point_choice *p, const struct specs *t, struct arena *a, struct error_list *errors);
/* The keys of the rows that are chosen, by what the specs say: their defaults, then what is written. but[] says of each
 * family whether it is left as it is; NULL: none is. 0, -1: no memory. */
int fill_families(const struct point_choice *p, const struct specs *t, const unsigned char *but, struct arena *a,
                  struct error_list *errors);
/* All of a point, and of its lines. 0, or -1 with errors (without: there is no memory). */
int fill_specs(const struct point_choice *p, struct point *out, struct arena *a, struct error_list *errors);
int fill_lines(struct point_choice *p, struct point *out, struct arena *a, struct error_list *errors);
/* One key of [data] after the other, each where it stands. */
void check_data(const struct point_choice *p, const struct data_spec *d, struct error_list *errors);

/* Which rows of the families a training has. */
struct chosen_rows {
    const struct specs *specs;
    int *row; /* of each family; -1: none, or its spec is not there */
};
int chosen_init(struct chosen_rows *rows, const struct sweep *s, const struct specs *t, struct arena *a);
/* Where the value of the key is, if the training has that row; else NULL. */
void *owned_args(const struct owned *o, const struct chosen_rows *rows);

/* canonical.c: the lines of settings that are the same at all points; then out->canonical, hash, alike. 0, -1: no
 * memory. */
void prepare_canonical(struct sweep *s, struct error_list *errors);
int fill_canonical(const struct point_choice *p, struct point *out, struct arena *a);

#endif
