/* metrics.c - what is known of the metrics of a table: whether larger is better, what they can be, how they are shown.
 */
#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Tables without such rows are those of classifications: no other training wrote tables before the rows were there. */
static const struct report_metrics usual = {2, {{"loss", 0, 0, INFINITY, 0}, {"accuracy", 1, 0, 1, 1}}};

#define KEY "metric."

char *report_metric_text(const struct report_metric *m, char *buf, size_t n)
{
    snprintf(buf, n, "%s %g %g%s", m->larger ? "larger" : "smaller", m->low, m->high, m->percent ? " %" : "");
    return buf;
}

static int read_metric(const char *name, const char *text, struct report_metric *m)
{
    char way[16], unit[4] = "";
    *m = (struct report_metric){.larger = 0};
    if (!*name || strlen(name) >= sizeof m->name || sscanf(text, "%15s %lf %lf %3s", way, &m->low, &m->high, unit) < 3)
        return -1;
    memcpy(m->name, name, strlen(name) + 1);
    m->larger = !strcmp(way, "larger");
    m->percent = !strcmp(unit, "%");
    return 0;
}

void report_metrics_read(const struct table *about, struct report_metrics *out)
{
    out->n = 0;
    for (size_t r = 0; r < about->rows && out->n < REPORT_METRICS; r++) {
        const char *key = table_cell(about, r, "key");
        if (!strncmp(key, KEY, sizeof KEY - 1) &&
            !read_metric(key + sizeof KEY - 1, table_cell(about, r, "value"), &out->row[out->n]))
            out->n++;
    }
    if (!out->n)
        *out = usual;
}

static const struct report_metric *find(const struct table *t, const char *name, size_t n)
{
    const struct report_metrics *all = t->metrics ? t->metrics : &usual;
    for (size_t i = 0; i < all->n; i++)
        if (strlen(all->row[i].name) == n && !strncmp(all->row[i].name, name, n))
            return &all->row[i];
    return NULL;
}

const char *report_metric_of(const char *column, const char **split)
{
    static const char *const prefix[][2] = {{"train_", "training"}, {"val_", "validation"}, {"test_", "test"}};
    for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++) {
        size_t n = strlen(prefix[i][0]);
        if (!strncmp(column, prefix[i][0], n)) {
            *split = prefix[i][1];
            return column + n;
        }
    }
    *split = "";
    return column;
}

const struct report_metric *table_metric(const struct table *t, const char *column)
{
    const char *split, *name = report_metric_of(column, &split);
    return *split ? find(t, name, strlen(name)) : NULL;
}

const struct report_metric *table_loss(const struct table *t)
{
    return find(t, "loss", strlen("loss"));
}

const struct report_metric *table_main_metric(const struct table *t, const char *objective)
{
    const struct report_metrics *all = t->metrics ? t->metrics : &usual;
    const struct report_metric *loss = table_loss(t), *m = table_metric(t, objective), *best = NULL;
    if (m && m != loss)
        return m;
    for (size_t i = 0; i < all->n; i++)
        if (&all->row[i] != loss && (!best || (all->row[i].larger && !best->larger)))
            best = &all->row[i];
    return best;
}
