/* cmd_list.c - prints every vocabulary, walked from its own table. */
#include "cli/command.h"
#include "cli/commands/list_library.h"

#include "base/str.h"
#include "bench/bench_rows.h"
#include "cli/commands/bench_out.h"
#include "cli/console/text.h"
#include "config/keys/families.h"
#include "data/text/tokenizer.h"
#include "kernels/kernels.h"
#include "nn/blocks/blocks.h"
#include "orchestrate/orchestrate.h"
#include "report/report.h"
#include "report/table/columns.h"
#include "train/task.h"
#include "train/warnings.h"

#include <stdio.h>
#include <string.h>

/* Returns the places of a line: those of a narrower terminal, else those of a page. */
static int line_width(void)
{
    enum { PAGE = 100, LEAST = 40 };
    int width = text_terminal(stdout);
    return !width || width > PAGE ? PAGE : width < LEAST ? LEAST : width;
}

/* Prints a default; one of several lines begins on a line of its own. */
static void print_default(const char *preset)
{
    printf("; default%s", strchr(preset, '\n') ? "" : " ");
    if (!strchr(preset, '\n'))
        printf("%s", *preset ? preset : "empty");
    else
        for (const char *s = preset; *s; s += strcspn(s, "\n") + (s[strcspn(s, "\n")] == '\n'))
            printf("\n%23s%.*s", "", (int)strcspn(s, "\n"), s);
}

/* Prints a parameter: name, range, default, help; the first `positional` may be given without their names. */
static void print_param(const struct param *p, int positional)
{
    char range[512];
    param_range(p, range, sizeof range);
    printf("    %-16s %s", p->name, p->type == P_FLAG ? "the word alone" : range);
    if (p->type != P_FLAG && !p->preset)
        printf("; required");
    else if (p->type != P_FLAG)
        print_default(p->preset);
    printf("%s\n", positional ? "; also without its name" : "");
    if (p->help && *p->help)
        text_wrap(stdout, p->help, 21, line_width() - 21);
}

static void print_params(const struct param *table, int positional)
{
    for (const struct param *p = table; p && p->name; p++)
        print_param(p, p - table < positional);
}

static void print_word(const char *name, const char *note, const char *help, const char *source)
{
    printf("%s%s%s\n", name, note && *note ? "  " : "", note ? note : "");
    if (help && *help)
        text_wrap(stdout, help, 2, line_width() - 2);
    if (source && *source)
        text_wrap(stdout, source, 2, line_width() - 2);
}

static void list_layers(void)
{
    for (size_t i = 0; layer_types[i]; i++) {
        const struct layer_type *l = layer_types[i];
        char note[160];
        snprintf(note, sizeof note, "%s%s%s%s", l->alias ? "or " : "", l->alias ? l->alias : "", l->alias ? "  " : "",
                 l->sig ? l->sig : "");
        print_word(l->name, note, l->help, l->source);
        print_params(l->params, l->positional);
    }
    print_word(PARSE_NONE, NULL, "no layer: what a variable says where there is to be none, $norm = batchnorm or none",
               NULL);
}

/* Prints the words that take braces, and braces alone. */
static void list_blocks(void)
{
    for (size_t i = 0; block_types[i]; i++) {
        const struct block_type *b = block_types[i];
        print_word(*b->name ? b->name : b->sig, *b->name ? b->sig : NULL, b->help, b->source);
        print_params(b->params, b->positional);
    }
    print_word(
        "NAME", "[values] [parameter value ...]",
        "a block of the sweep file, of its section [block.NAME]: the other keys there are its parameters with their "
        "defaults, or '?' where each use gives a value, and `layers` is what it says; it uses its "
        "$parameters, $classes and $targets",
        NULL);
    printf("\nBlocks that come with the program, with their parameters; `sweep list blocks NAME` prints one as a sweep "
           "file "
           "would\nwrite it. A section [block.NAME] without layers gives its parameters other defaults.\n\n");
    list_library(line_width());
}

static int list_block(const char *name)
{
    if (!print_library_block(name))
        return STATUS_DONE;
    const char *near = str_nearest(name, library_block_name, NULL);
    return fail_usage("no block '%s' comes with the program%s%s%s; `sweep list blocks` names them", name,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Prints the rows of a family, each with the keys that it brings. */
static void list_family(const struct family *f)
{
    struct family_row row;
    for (size_t i = 0; !f->row(i, &row); i++) {
        print_word(row.name, NULL, row.help, row.source);
        print_params(row.params, 0);
    }
}

/* Prints each task, what it measures and the losses that fit it. */
static void list_tasks(void)
{
    for (size_t i = 0; task_types[i]; i++) {
        const struct task_type *t = task_types[i];
        struct str metrics = {0}, losses = {0};
        for (int m = 0; m < METRICS; m++)
            if (t->metrics >> m & 1)
                str_addf(&metrics, "%s%s", metrics.n ? ", " : "measures ", train_metrics[m].what);
        for (size_t k = 0; t->losses[k]; k++)
            str_addf(&losses, "%s%s", losses.n ? ", " : "loss: ", t->losses[k]->name);
        print_word(t->name, losses.p, t->help, metrics.p);
        str_release(&metrics);
        str_release(&losses);
    }
}

static void list_augmentations(void)
{
    const struct data_word *w;
    for (size_t i = 0; (w = data_augment_word(i)); i++) {
        print_word(w->name, NULL, w->help, NULL);
        print_params(w->params, 64); /* arguments in order, without names */
    }
}

static void list_tokens(void)
{
    for (size_t i = 0; token_kind_name(i); i++)
        print_word(token_kind_name(i), NULL, token_kind_help(i), NULL);
}

static void list_normalizations(void)
{
    for (size_t i = 0; data_normalize_name(i); i++)
        print_word(data_normalize_name(i), NULL, data_normalize_help(i), NULL);
}

static void list_inits(void)
{
    for (size_t i = 0; nn_init_name(i); i++)
        print_word(nn_init_name(i), NULL, nn_init_help(i), NULL);
}

static void list_facts(void)
{
    for (const struct nn_fact *f = nn_fact_rows; f->name; f++)
        print_word(f->name, f->number ? "a number" : "a word", f->help, NULL);
}

static void list_heads(void)
{
    for (size_t i = 0; nn_head_name(i); i++)
        print_word(nn_head_name(i), NULL, nn_head_help(i), NULL);
}

static void list_metrics(void)
{
    for (const struct metric *m = train_metrics; m->name; m++)
        print_word(m->name, m->larger_is_better ? "larger is better" : "smaller is better", m->help, NULL);
}

static void list_warnings(void)
{
    for (const struct warning_type *w = warning_types; w->name; w++)
        print_word(w->name, w->says, w->help, NULL);
}

static void print_columns(const struct column_table *t)
{
    struct named_column c;
    struct arena names;
    arena_init(&names);
    printf("[%s] has a row for %s\n", t->file, t->row);
    for (size_t n = 0; !column_at(t, NULL, n, &c, &names); n++)
        print_word(c.name ? c.name : "(no memory for its name)", NULL, c.help, NULL);
    printf("\n");
    arena_release(&names);
}

static void list_columns(void)
{
    for (size_t i = 0; sweep_table(i); i++)
        print_columns(sweep_table(i));
    print_columns(&bench_table);
}

static void list_keys(void)
{
    struct key_info k;
    const char *section = "";
    for (struct key_walk w = {0}; !config_key(&w, &k);) {
        if (strcmp(section, k.section) != 0)
            printf("%s[%s]\n", *section ? "\n" : "", k.section);
        section = k.section;
        print_param(k.param, 0);
        if (k.owner)
            printf("%21sonly with %s\n", "", k.owner);
    }
}

static void list_plots(void)
{
    const struct plot_type *p;
    for (size_t i = 0; (p = report_plot_type(i)); i++)
        print_word(p->name, NULL, p->help, NULL);
    for (size_t i = 0; (p = report_bench_plot_type(i)); i++)
        print_word(p->name, "of `sweep bench`", p->help, NULL);
    for (size_t i = 0; (p = report_data_plot_type(i)); i++)
        print_word(p->name, "of `sweep data info`", p->help, NULL);
    for (size_t i = 0; (p = report_look_plot_type(i)); i++)
        print_word(p->name, "of `sweep inspect`", p->help, NULL);
}

static void print_words(const struct report_word *(*word)(size_t i))
{
    for (size_t i = 0; word(i); i++)
        print_word(word(i)->name, NULL, word(i)->help, NULL);
}

static void list_sections(void)
{
    print_words(report_section_word);
}

static void list_formats(void)
{
    print_words(report_format);
}

static void list_levels(void)
{
    const char *name;
    for (size_t i = 0; (name = kernels_level(i)); i++)
        printf("%-10s %s\n", name, kernels_pick(name) ? "runs here" : "this processor cannot");
}

static void list_benchmarks(void)
{
    for (size_t i = 0; bench_word(i).name; i++)
        print_word(bench_word(i).name, NULL, bench_word(i).help, NULL);
}

static void list_commands(void)
{
    for (const struct command *c = commands; c->name; c++)
        printf("%-7s %-33s %s\n", c->name, c->args, c->help);
}

static void list_command_options(void)
{
    options_print(FOR_ALL);
}

// clang-format off
#define FAMILIES_HERE { "", "", NULL } /* the families of config/keys/families.c */
static const struct listed_vocabulary {
    const char *name, *help;
    void (*print)(void);
} vocabularies[] = {
    { "layers",         "words of [model] layers and pool",      list_layers },
    { "blocks",         "words of them that take braces or join", list_blocks },
    { "keys",           "every key of a sweep file",             list_keys },
    FAMILIES_HERE,
    { "tasks",          "[train] task",                          list_tasks },
    { "tokens",         "[data] tokens",                         list_tokens },
    { "augmentations",  "[data] augment",                        list_augmentations },
    { "normalizations", "[data] normalize",                      list_normalizations },
    { "inits",          "[model] init",                          list_inits },
    { "facts",          "of a network: [require], [sweep] objective", list_facts },
    { "heads",          "words of the fact head",                list_heads },
    { "metrics",        "[sweep] objective, [require] result",   list_metrics },
    { "warnings",       "when a training is told to go wrong",   list_warnings },
    { "columns",        "of the tables in results/",             list_columns },
    { "plots",          "the pictures of plots/NAME",            list_plots },
    { "sections",       "of `sweep report`",                     list_sections },
    { "formats",        "that it writes",                        list_formats },
    { "levels",         "instruction sets, for --isa",           list_levels },
    { "benchmarks",     "what `sweep bench` measures",           list_benchmarks },
    { "commands",       "of this program",                       list_commands },
    { "options",        "of its commands",                       list_command_options },
};
// clang-format on
enum { VOCABULARIES = sizeof vocabularies / sizeof vocabularies[0] };

/* Finds the i-th vocabulary: a row above, or a family. NULL after the last. */
static const struct listed_vocabulary *vocabulary(size_t i, const struct family **family)
{
    *family = NULL;
    for (size_t v = 0; v < VOCABULARIES; v++) {
        size_t n = vocabularies[v].print ? 1 : family_count();
        if (i < n) {
            *family = vocabularies[v].print ? NULL : &families[i];
            return &vocabularies[v];
        }
        i -= n;
    }
    return NULL;
}

static const char *vocabulary_name(size_t i, const void *ctx)
{
    const struct family *f;
    const struct listed_vocabulary *v = vocabulary(i, &f);
    (void)ctx;
    return !v ? NULL : f ? f->plural : v->name;
}

static void print_vocabularies(void)
{
    const struct family *f;
    const struct listed_vocabulary *v;
    char help[64];
    for (size_t i = 0; (v = vocabulary(i, &f)); i++) {
        if (f)
            snprintf(help, sizeof help, "[%s] %s", f->section, f->key);
        printf("sweep list %-15s %s\n", vocabulary_name(i, NULL), f ? help : v->help);
    }
}

int cmd_list(const struct invocation *in)
{
    const struct family *f;
    const struct listed_vocabulary *v;
    if (!in->nargs) {
        print_vocabularies();
        return STATUS_DONE;
    }
    if (in->nargs > 1 && strcmp(in->arg[0], "blocks") != 0)
        return fail_usage("'%s' is too much; only `sweep list blocks NAME` takes a name", in->arg[1]);
    if (in->nargs > 1)
        return list_block(in->arg[1]);
    for (size_t i = 0; (v = vocabulary(i, &f)); i++)
        if (!strcmp(vocabulary_name(i, NULL), in->arg[0])) {
            if (f)
                list_family(f);
            else
                v->print();
            return STATUS_DONE;
        }
    const char *near = str_nearest(in->arg[0], vocabulary_name, NULL);
    return fail_usage("no vocabulary '%s'%s%s%s; `sweep list` names them", in->arg[0], near ? "; did you mean '" : "",
                      near ? near : "", near ? "'?" : "");
}
