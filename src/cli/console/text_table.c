/* text_table.c - prints tables for people: as wide as they are, or made to fit a terminal. */
#include "cli/console/text.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define GAP 2         /* blanks between columns */
#define LEAST_TEXT 12 /* places that a text keeps when it is cut */
#define LEAST_HEAD 8  /* and a heading over narrower numbers */
#define KEPT 2        /* columns that are never left out */

struct text_column {
    const char *head;
    int right;                           /* every cell that is not empty starts like a number */
    int width, least, widest;            /* as printed, between the other two */
    enum { SHOWN, SAME, LEFT_OUT } fate; /* SAME: one value in all rows, told below the table */
};

/* "-0.5", "46 %", "24x4x4"; not "784->128" and "20, 22x22". */
static int starts_like_number(const char *s)
{
    if (strstr(s, "->") || strstr(s, ", "))
        return 0;
    s += *s == '-' || *s == '+';
    s += *s == '.';
    return *s >= '0' && *s <= '9';
}

static int larger_width(int a, int b)
{
    return a > b ? a : b;
}

static int smaller_width(int a, int b)
{
    return a < b ? a : b;
}

static const char *cell_of(const struct table *t, size_t row, size_t col)
{
    return t->cell[row * t->cols + col];
}

/* Measures the widths of column c under its heading. */
static void measure_column(const struct table *t, size_t c, struct text_column *k)
{
    int some = 0, other = 0, cells = 0, head = text_places(k->head);
    for (size_t r = 0; r < t->rows; r++) {
        const char *s = cell_of(t, r, c);
        cells = larger_width(cells, text_places(s));
        some |= *s && starts_like_number(s);
        other |= *s && !starts_like_number(s);
    }
    k->right = some && !other;
    k->width = k->widest = larger_width(cells, head);
    k->least = other ? smaller_width(k->widest, LEAST_TEXT) : larger_width(cells, smaller_width(head, LEAST_HEAD));
}

/* ---- fitting ----------------------------------------------------------------------------------------------------- */

static int total_width(const struct text_column *k, size_t n, int indent)
{
    int sum = indent - GAP;
    for (size_t c = 0; c < n; c++)
        sum += k[c].fate == SHOWN ? k[c].width + GAP : 0;
    return sum;
}

static int same_in_all_rows(const struct table *t, size_t c)
{
    for (size_t r = 1; r < t->rows; r++)
        if (strcmp(cell_of(t, r, c), cell_of(t, 0, c)) != 0)
            return 0;
    return t->rows > 1;
}

/* Returns "kernels" of "model.kernels" where no other heading ends so. */
static const char *without_section(const struct table *t, size_t c)
{
    const char *dot = strchr(t->head[c], '.');
    for (size_t i = 0; dot && i < t->cols; i++) {
        const char *other = strchr(t->head[i], '.');
        if (i != c && !strcmp(other ? other + 1 : t->head[i], dot + 1))
            return t->head[c];
    }
    return dot ? dot + 1 : t->head[c];
}

/* Makes columns narrower, always the one with the most to give, until all fit or none has anything left. */
static void shrink_columns(struct text_column *k, size_t n, int indent, int width)
{
    for (int over = total_width(k, n, indent) - width; over > 0; over--) {
        struct text_column *most = NULL;
        for (size_t c = 0; c < n; c++)
            if (k[c].fate == SHOWN && (!most || k[c].width - k[c].least > most->width - most->least))
                most = &k[c];
        if (!most || most->width <= most->least)
            return;
        most->width--;
    }
}

/* Finds the next column to be left out: the last axis, else the last column; NULL when only those that stay are there.
 */
static struct text_column *dispensable_column(const struct table *t, struct text_column *k)
{
    for (int axes = 1; axes >= 0; axes--)
        for (size_t c = t->cols; c-- > KEPT;)
            if (k[c].fate == SHOWN && (!axes || strchr(t->head[c], '.')))
                return &k[c];
    return NULL;
}

static void fit_columns(const struct table *t, struct text_column *k, int indent, int width)
{
    if (total_width(k, t->cols, indent) <= width)
        return;
    for (size_t c = 1; c < t->cols; c++)
        k[c].fate = same_in_all_rows(t, c) ? SAME : SHOWN;
    if (total_width(k, t->cols, indent) <= width)
        return;
    for (size_t c = 0; c < t->cols; c++) {
        k[c].head = without_section(t, c);
        measure_column(t, c, &k[c]);
    }
    for (struct text_column *out = k; out; out = dispensable_column(t, k)) {
        if (out != k)
            out->fate = LEFT_OUT;
        for (size_t c = 0; c < t->cols; c++)
            k[c].width = k[c].widest;
        shrink_columns(k, t->cols, indent, width);
        if (total_width(k, t->cols, indent) <= width)
            return;
    }
}

/* ---- printing ---------------------------------------------------------------------------------------------------- */

/* Prints `s` in a column; a text that is too wide ends in "…". */
static void put_cell(FILE *f, const char *s, const struct text_column *k, int last)
{
    int pad = k->width - text_places(s), cut = pad < 0 && k->width > 0;
    size_t n = cut ? text_fit(s, k->width - 1) : strlen(s);
    if (cut)
        pad = 0;
    fprintf(f, "%*s%.*s%s", k->right && pad > 0 ? pad : 0, "", (int)n, s, cut ? "…" : "");
    if (last)
        fputc('\n', f);
    else
        fprintf(f, "%*s", GAP + (!k->right && pad > 0 ? pad : 0), "");
}

/* Prints a row without blanks after its last text; row 0 is the heading. */
static void put_row(FILE *f, const struct table *t, const struct text_column *k, size_t row, int indent)
{
    size_t last = 0;
    for (size_t c = 0; c < t->cols; c++)
        if (k[c].fate == SHOWN && *(row ? cell_of(t, row - 1, c) : k[c].head))
            last = c;
    fprintf(f, "%*s", indent, "");
    for (size_t c = 0; c <= last && c < t->cols; c++)
        if (k[c].fate == SHOWN)
            put_cell(f, row ? cell_of(t, row - 1, c) : k[c].head, &k[c], c == last);
}

/* Prints "the same in every row: train.epochs 10" and "+2 more columns: train.lr, train.momentum". */
static void put_hidden(FILE *f, const struct table *t, const struct text_column *k, int indent, int width)
{
    struct str same = {0}, out = {0}, text = {0};
    size_t n = 0;
    for (size_t c = 0; c < t->cols; c++) {
        if (k[c].fate == SAME && *t->head[c] && *cell_of(t, 0, c))
            str_addf(&same, "%s%s %s", same.n ? ", " : "the same in every row: ", t->head[c], cell_of(t, 0, c));
        if (k[c].fate == LEFT_OUT && *t->head[c])
            str_addf(&out, "%s%s", n++ ? ", " : "", t->head[c]);
    }
    if (n)
        str_addf(&text, "+%zu more column%s: %s", n, n == 1 ? "" : "s", out.n ? out.p : "");
    if (same.n)
        text_wrap(f, same.p, indent, width - indent);
    if (text.n)
        text_wrap(f, text.p, indent, width - indent);
    str_release(&same);
    str_release(&out);
    str_release(&text);
}

/* Prints the table unaligned, when there is no memory for the widths. */
static void put_unaligned(FILE *f, const struct table *t)
{
    for (size_t r = 0; r <= t->rows; r++)
        for (size_t c = 0; c < t->cols; c++)
            fprintf(f, "%s%s", r ? cell_of(t, r - 1, c) : t->head[c], c + 1 < t->cols ? "  " : "\n");
}

void text_table_within(FILE *f, const struct table *t, int indent, int width)
{
    struct text_column *k = calloc(t->cols + 1, sizeof *k);
    if (!k) {
        put_unaligned(f, t);
        return;
    }
    for (size_t c = 0; c < t->cols; c++) {
        k[c].head = t->head[c];
        measure_column(t, c, &k[c]);
    }
    if (width > 0)
        fit_columns(t, k, indent, width);
    for (size_t r = 0; r <= t->rows; r++)
        put_row(f, t, k, r, indent);
    put_hidden(f, t, k, indent, width);
    free(k);
}

void text_table(FILE *f, const struct table *t, int indent)
{
    text_table_within(f, t, indent, text_terminal(f));
}
