/* plot_importance.c - draws the share of the variance that each axis and pair of axes explains. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BARS 15
#define LABEL 56

struct bar {
    char label[4 * LABEL + 80];
    double share, chance; /* chance: NaN where it is not known */
    double low, high;     /* of the share; NaN: it is exact */
    const char *colour;
    size_t at; /* row, to keep the order among equals */
};

static int by_share(const void *a, const void *b)
{
    const struct bar *x = a, *y = b;
    if (x->share != y->share)
        return x->share > y->share ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static const char *colour_of(const char *kind)
{
    return !strcmp(kind, "axis")    ? "0x0072B2"
           : !strcmp(kind, "pair")  ? "0xE69F00"
           : !strcmp(kind, "seed")  ? "0x56B4E9"
           : !strcmp(kind, "noise") ? "0x999999"
                                    : "0xCCCCCC";
}

/* Writes an axis, or the two of a pair, by short names: "(lr & batch_size)". */
static void put_short_side(struct str *s, const struct plot_data *d, const char *name)
{
    const char *label = name;
    for (size_t i = 0; i < d->naxes; i++)
        if (!strcmp(d->axis[i].name, name))
            label = d->axis[i].label;
    int joined = strstr(label, " & ") != NULL;
    str_add(s, joined ? "(" : "");
    put_field(s, label, LABEL / 2 - 4);
    str_add(s, joined ? ")" : "");
}

/* The largest share first. A label without memory lets the script fail. */
static size_t read_bars(const struct plot_data *d, struct bar *bar, struct str *script)
{
    const struct table *t = &d->effects;
    int share = table_column(t, "share");
    size_t n = 0;
    for (size_t r = 0; r < t->rows; r++) {
        struct str s = {0};
        const char *kind = table_cell(t, r, "kind"), *axis = table_cell(t, r, "axis");
        double x = table_number(t, r, share);
        if (isnan(x) || ((!strcmp(kind, "rest") || !strcmp(kind, "seed")) && x < 0.0005))
            continue;
        if (!strcmp(kind, "pair")) {
            put_short_side(&s, d, axis);
            str_add(&s, " × ");
            put_short_side(&s, d, table_cell(t, r, "other"));
        } else {
            put_field(&s, axis, LABEL);
        }
        bar[n].share = x;
        bar[n].chance = strcmp(kind, "noise") ? table_number(t, r, table_column(t, "share_by_chance")) : NAN;
        bar[n].low = table_number(t, r, table_column(t, "ci95_low"));
        bar[n].high = table_number(t, r, table_column(t, "ci95_high"));
        bar[n].colour = colour_of(kind);
        bar[n].at = r;
        bar[n].label[0] = 0;
        if (s.p && s.n < sizeof bar[n].label)
            memcpy(bar[n].label, s.p, s.n + 1);
        n++;
        script->failed |= s.failed;
        str_release(&s);
    }
    qsort(bar, n, sizeof *bar, by_share);
    return n;
}

/* Writes what the table of effects says about its shares (a part of the trials, one repeat, a forest), a line each, two
 * at most. */
static int put_notes(struct str *s, const struct plot_data *d)
{
    static const char *const begins[] = {"shares are", "one repeat", "the forest"}, *const line[] = {"below", "lowest"};
    const struct table *t = &d->effects;
    size_t n = 0;
    for (size_t k = 0; k < sizeof begins / sizeof *begins && n < 2; k++)
        for (size_t r = 0; r < t->rows; r++) {
            const char *note = table_cell(t, r, "value");
            if (strcmp(table_cell(t, r, "kind"), "note") || strncmp(note, begins[k], strlen(begins[k])))
                continue;
            str_addf(s, "%s = '%.*s'\n", line[n++], (int)strcspn(note, ";"), note); /* no text of a sweep file */
            break;
        }
    return (int)n;
}

/* Whether shares have intervals, which only those of a forest have. */
static int have_intervals(const struct bar *bar, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isnan(bar[i].high))
            return 1;
    return 0;
}

/* Writes the interval of a share, and where the text after it begins. */
static void put_interval(struct str *s, const struct bar *bar)
{
    str_add(s, "\t");
    put_number(s, 100 * bar->low);
    str_add(s, "\t");
    put_number(s, 100 * bar->high);
    str_add(s, "\t");
    put_number(s, 100 * fmax(bar->share, bar->high));
}

static const char *draw_importance(const struct plot_data *d, struct str *s, struct arena *a)
{
    struct bar *bar = arena_take(a, (d->effects.rows + 1) * sizeof *bar);
    if (!bar)
        return PLOT_NOMEM;
    if (!d->v.naxes)
        return "there is no axis";
    size_t n = read_bars(d, bar, s), shown = n < BARS ? n : BARS, widest = 0;
    if (!n)
        return "shares of the variance are not known (see the notes in the table of effects)";
    const int intervals = have_intervals(bar, n);
    double others = 0;
    for (size_t i = shown; i < n; i++)
        others += bar[i].share;
    script_begin(s, d, &plot_importance, "share of the variance of the objective");
    put_variable(s, "objective", d->label, 60);
    int notes = put_notes(s, d);
    data_begin(s, "bars");
    for (size_t i = 0; i < shown; i++) {
        str_addf(s, "%zu\t%s\t", i + 1, bar[i].label);
        put_number(s, 100 * bar[i].share);
        char percent[24];
        str_addf(s, "\t%s\t%s\t", bar[i].colour, percent_text(bar[i].share, percent, sizeof percent));
        put_number(s, 100 * bar[i].chance);
        if (intervals)
            put_interval(s, &bar[i]);
        str_add(s, "\n");
        size_t width = text_width(bar[i].label);
        widest = width > widest ? width : widest;
    }
    if (shown < n) {
        str_addf(s, "%zu\tthe other %zu together\t", shown + 1, n - shown);
        put_number(s, 100 * others);
        str_addf(s, "\t0xCCCCCC\t%.1f %%\t", 100 * others);
        put_number(s, NAN);
        if (intervals)
            put_interval(s, &(struct bar){.share = others, .low = NAN, .high = NAN});
        str_add(s, "\n");
        shown++;
        widest = widest < 24 ? 24 : widest;
    }
    data_end(s);
    double most = 100 * (others > bar[0].share ? others : bar[0].share);
    int chance = 0;
    for (size_t i = 0; i < n && i < BARS; i++) {
        chance |= !isnan(bar[i].chance);
        most = fmax(most, fmax(100 * bar[i].chance, 100 * bar[i].high));
    }
    int height = 222 + 20 * notes + 28 * (int)shown;
    script_draw(s, widest > 30 ? 1200 : 1000, height);
    put_heading(s, 1 + notes, height);
    put_key_below(s, height);
    str_addf(s, "set key maxrows 3\nset bmargin at screen %.4f\n", 142.0 / height);
    str_addf(s, "set xlabel 'share of the variance of '.objective.' over %s'%s\n",
             intervals ? "the whole space, with 95% interval" : "all trials",
             chance ? ".\"\\n\".'upright: what chance alone shows'" : "");
    str_addf(s, "set lmargin at screen %.4f\nset yrange [%zu.7:0.3]\nset xrange [0:",
             (WIDE_LETTER * (double)widest + 24) / (widest > 30 ? 1200 : 1000), shown);
    put_number(s, most * 1.12);
    str_add(s, "]\nnear = ");
    put_number(s, most * 0.08);
    str_add(s, "\nset format x '%g %%'\nset grid noytics\n"
               "plot $bars using (0):1:(0):3:($1-0.36):($1+0.36):4:ytic(2) with boxxyerror fs solid 1 noborder lc rgb "
               "variable, \\\n");
    if (chance)
        str_add(s, "     $bars using 6:($1-0.42):(0):(0.84) with vectors nohead lw 2 lc rgb '" INK "', \\\n");
    if (intervals)
        str_add(s, "     $bars using 3:1:7:8 with xerrorbars pt 0 lw 1.5 lc rgb '" INK "', \\\n");
    str_addf(s,
             "     $bars using ($6 > %s && $6 - %s < near ? $6 : %s):1:5 with labels left offset 0.6,0 tc rgb '" INK
             "', \\\n",
             intervals ? "$9" : "$3", intervals ? "$9" : "$3", intervals ? "$9" : "$3");
    str_add(s, "     keyentry with boxes fs solid 1 noborder lc rgb '" BLUE "' title 'axis', \\\n"
               "     keyentry with boxes fs solid 1 noborder lc rgb '" ORANGE "' title 'interaction', \\\n"
               "     keyentry with boxes fs solid 1 noborder lc rgb '" SKY "' title 'seed', \\\n"
               "     keyentry with boxes fs solid 1 noborder lc rgb '" GREY "' title 'seed noise', \\\n"
               "     keyentry with boxes fs solid 1 noborder lc rgb '#CCCCCC' title 'rest'\n");
    script_end(s);
    return NULL;
}

const struct plot plot_importance = {
    {"importance", "share of the variance of each axis, pair of axes and of the seeds"}, draw_importance};
