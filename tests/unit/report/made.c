#include "base/file.h"
#include "groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void write_file(const char *path, const char *text)
{
    struct err e = {0};
    if (file_publish(path, text, strlen(text), 0, &e))
        fail_msg("%s", e.text);
}

char *bytes_of(const char *path)
{
    struct err e = {0};
    size_t n;
    char *p = file_read(path, &n, &e);
    if (!p)
        fail_msg("%s", e.text);
    return p;
}

void table_of(struct table *t, const char *csv)
{
    struct err e = {0};
    write_file(test_path("made.csv"), csv);
    table_init(t);
    if (table_read(t, test_path("made.csv"), &e))
        fail_msg("%s", e.text);
}

size_t row_where(const struct table *t, const char *column, const char *text, const char *column2, const char *text2)
{
    for (size_t r = 0; r < t->rows; r++)
        if (!strcmp(table_cell(t, r, column), text) && (!column2 || !strcmp(table_cell(t, r, column2), text2)))
            return r;
    fail_msg("no row with %s = %s", column, text);
    return 0;
}

void made_trials(struct table *t, const struct made_axis *axis, size_t naxes, size_t repeats,
                 double (*y)(const size_t *code, size_t repeat))
{
    const char *head[24] = {"trial", "point", "repeat", "status"}, *cell[24];
    char text[24][STR_NUM];
    size_t code[16] = {0}, points = 1;
    for (size_t i = 0; i < naxes; i++) {
        head[4 + i] = axis[i].name;
        points *= axis[i].levels;
    }
    head[4 + naxes] = "params";
    head[5 + naxes] = "val_accuracy";
    table_init(t);
    assert_int_equal(table_columns(t, head, 6 + naxes), 0);
    for (size_t i = 0; i < 24; i++)
        cell[i] = text[i];
    cell[3] = "complete";
    for (size_t p = 0; p < points; p++)
        for (size_t r = 0; r < repeats; r++) {
            size_t rest = p;
            for (size_t i = naxes; i-- > 0; rest /= axis[i].levels) {
                code[i] = rest % axis[i].levels;
                snprintf(text[4 + i], STR_NUM, "%zu", code[i] + 1);
            }
            snprintf(text[0], STR_NUM, "%zu", t->rows + 1);
            snprintf(text[1], STR_NUM, "%zu", p + 1);
            snprintf(text[2], STR_NUM, "%zu", r + 1);
            snprintf(text[4 + naxes], STR_NUM, "%zu", 100 + 10 * p);
            str_double(text[5 + naxes], y(code, r));
            assert_int_equal(table_row(t, cell), 0);
        }
}
