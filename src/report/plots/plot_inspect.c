/* plot_inspect.c - draws a look into a network: what its layers put out for some samples, its filters, how its values
 * are distributed, gradients layer by layer, what decides, and where samples lie before the head. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>

/* ---- sheets and histograms -------------------------------------------------------------------------------------- */

#define SHEET(its, says, none)                                                                                         \
    static const char *draw_##its(const struct plot_data *d, struct str *s, struct arena *a)                           \
    {                                                                                                                  \
        (void)a;                                                                                                       \
        return draw_sheet(d, d->of_look->its, &plot_##its, none, s);                                                   \
    }                                                                                                                  \
    const struct plot plot_##its = {{#its, says}, draw_##its};
SHEET(features, "what convolutions put out for a sample, channel by channel", "no layer puts out maps")
SHEET(filters, "the weights of the first convolution", "there is no convolution of maps")
SHEET(saliency, "pixels by their gradient, and regions by Grad-CAM", "the samples are no images")
SHEET(attention, "what each position looks at, head by head", "there is no attention")

static const char *draw_activations(const struct plot_data *d, struct str *s, struct arena *a)
{
    (void)a;
    return draw_histogram_panels(d, d->of_look->activations, &plot_activations, "there is no layer", s);
}

const struct plot plot_activations = {{"activations", "how the values that layers put out are distributed"},
                                      draw_activations};

/* ---- layer by layer --------------------------------------------------------------------------------------------- */

#define LAYERS_WIDE 760
#define LAYERS_BAR 17 /* pixels from bar to bar */
#define LAYERS_NAME 26
#define LAYERS_PANEL 180

static void put_measures(struct str *s, const struct report_layers *l)
{
    data_begin(s, "bars");
    for (size_t i = 0; i < l->n; i++) {
        str_addf(s, "%zu\t", i);
        put_field(s, l->label[i], LAYERS_NAME);
        for (size_t m = 0; m < l->measures; m++) {
            str_add(s, "\t");
            put_number(s, l->v[m * l->n + i]);
        }
        str_add(s, "\n");
    }
    data_end(s);
}

static double longest_bar(const double *v, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = v[i] > most ? v[i] : most; /* not NaN */
    return most > 0 ? most : 1;
}

static const char *draw_layers(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct report_layers *l = d->of_look->layers;
    (void)a;
    if (!l || !l->n)
        return "no layer has parameters";
    const double left = 20 + LAYERS_NAME * LETTER, step = LAYERS_PANEL + 24;
    const double width = left + step * (double)l->measures + 10, height = 84 + LAYERS_BAR * (double)l->n + 44;
    script_begin(s, d, &plot_layers, l->heading);
    put_measures(s, l);
    for (size_t m = 0; m < l->measures; m++) {
        char name[32];
        snprintf(name, sizeof name, "measure%zu", m);
        put_variable(s, name, l->measure[m], 0);
    }
    script_draw(s, (int)(width < LAYERS_WIDE ? LAYERS_WIDE : width), (int)height);
    const double wide = width < LAYERS_WIDE ? LAYERS_WIDE : width;
    str_add(s, "set multiplot\n");
    put_heading(s, 1, (int)height);
    str_addf(s, "unset key\nset yrange [%zu-0.4:-0.6]\nset boxwidth 0.7\nset style fill solid 0.8 noborder\n", l->n);
    for (size_t m = 0; m < l->measures; m++) {
        const struct panel box = {left + step * (double)m, left + step * (double)m + LAYERS_PANEL, 76, height - 40};
        char text[32];
        snprintf(text, sizeof text, "measure%zu", m);
        put_panel(s, wide, height, &box);
        put_text(s, wide, height, TAG_TITLE, text, (box.left + box.right) / 2, 58, "center");
        const double most = longest_bar(l->v + m * l->n, l->n);
        str_addf(s, "set xrange [0:%.9g]\n", 1.05 * most);
        put_ticks(s, "x", 0, 1.05 * most, 3, 0);
        str_add(s, m ? "set ytics format \"\"\n" : "unset ytics\n");
        str_add(s, m ? "unset ytics\n" : "");
        str_addf(s, "plot $bars using ($%zu/2):1:($%zu/2):(0.35) with boxxyerror lc rgb '%s'%s\n", m + 3, m + 3, BLUE,
                 m ? "" : ", \\\n     $bars using (0):1:2 with labels right offset -0.6,0");
        str_addf(s, "unset label %d\n", TAG_HEADING);
    }
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_layers = {{"layers", "gradients, updates and dead units layer by layer"}, draw_layers};

/* ---- where samples lie ------------------------------------------------------------------------------------------ */

static const char *const cloud_colour[] = {BLUE, ORANGE, GREEN, RED, SKY, PINK, GREY, "#F0E442", "#000000", "#8B5A2B"};
#define CLOUD_COLOURS (sizeof cloud_colour / sizeof *cloud_colour)

static const char *draw_embedding(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct report_cloud *c = d->of_look->embedding;
    char name[32];
    (void)a;
    if (!c || !c->n)
        return "there are no features of two samples and more";
    const size_t shown = c->classes < CLOUD_COLOURS ? c->classes : CLOUD_COLOURS;
    script_begin(s, d, &plot_embedding, c->heading);
    for (size_t k = 0; k < shown; k++) {
        snprintf(name, sizeof name, "cloud%zu", k);
        data_begin(s, name);
        for (size_t i = 0; i < c->n; i++)
            if ((size_t)c->class[i] % shown == k) {
                put_number(s, c->x[i]);
                str_add(s, "\t");
                put_number(s, c->y[i]);
                str_add(s, "\n");
            }
        str_add(s, "NaN\tNaN\n"); /* a block without any is none to gnuplot */
        data_end(s);
        snprintf(name, sizeof name, "class%zu", k);
        put_variable(s, name, c->class_name[k], 16);
    }
    script_draw(s, 820, 640);
    str_add(s, "set multiplot\n");
    const struct panel box = {70, 650, put_heading(s, 1, 640) + 6, 570};
    put_panel(s, 820, 640, &box);
    str_add(s, "set key at screen 0.81, screen 0.9 left top Left reverse samplen 1\nset xlabel 'first component'\nset "
               "ylabel 'second component'\nplot ");
    for (size_t k = 0; k < shown; k++)
        str_addf(s, "%s$cloud%zu using 1:2 with points pt 7 ps 0.6 lc rgb '%s' title class%zu", k ? ", \\\n     " : "",
                 k, cloud_colour[k], k);
    str_add(s, "\nunset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_embedding = {
    {"embedding", "samples by the first two principal components of the features before the last layer"},
    draw_embedding};
