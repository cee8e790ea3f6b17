/* cmd_export.c writes a trained network in the words of other programs. */
#include "cli/commands/model_file.h"

#include "base/file.h"
#include "base/str.h"
#include "model/export/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *format_at(size_t i, const void *ctx)
{
    (void)ctx;
    return export_format_name(i);
}

static const struct export_format *find_export_format(const char *word, struct err *e)
{
    struct str known = {0};
    for (size_t i = 0; word && export_formats[i]; i++)
        if (!strcmp(export_formats[i]->name, word))
            return export_formats[i];
    const char *near = word ? str_nearest(word, format_at, NULL) : NULL;
    for (size_t i = 0; export_formats[i]; i++)
        str_addf(&known, "%s%s", i ? ", " : "", export_formats[i]->name);
    if (near)
        err_set(e, ERR_USAGE, "--to: there is no format '%.40s'; did you mean '%s'?", word, near);
    else
        err_set(e, ERR_USAGE, "write --to FORMAT, one of %s", known.p ? known.p : "");
    str_release(&known);
    return NULL;
}

/* Takes the normalization off: the network's input is what its first layer reads. 0, or -1 with *e. */
static int leave_values_alone(struct model *m, struct arena *mem, struct err *e)
{
    const size_t channels = (size_t)m->form.shape.c;
    float *one = arena_take(mem, channels * sizeof *one), *zero = arena_take(mem, channels * sizeof *zero);
    if (!one || !zero)
        return err_set(e, ERR_NOMEM, "no memory");
    for (size_t c = 0; c < channels; c++)
        one[c] = 1;
    m->form.scale = one;
    m->form.shift = zero;
    m->form.fill = NULL;
    return 0;
}

static int run_export(const struct invocation *in, struct arena *mem, struct str *bytes, struct err *e)
{
    struct model_word w;
    struct model m;
    char name[256], path[300];
    const struct export_format *f = find_export_format(in->opt.to, e);
    if (!f || model_word_read(in, in->arg[0], &w, e) || model_word_model(&w, &m, mem, e))
        return -1;
    if (in->opt.normalized && f == &export_safetensors)
        return err_set(e, ERR_USAGE, "--normalized is for c and onnx; a model file says how its input is normalized");
    if (m.graph->critic && f != &export_safetensors)
        return err_set(e, ERR_USAGE,
                       "the network has learned to generate: safetensors has its generator and its critic");
    if (in->opt.normalized && leave_values_alone(&m, mem, e))
        return -1;
    model_word_title(&w, name, sizeof name);
    snprintf(path, sizeof path, "%s%s", name, f->suffix);
    const char *to = in->nargs > 1 ? in->arg[1] : path;
    if (f->make(&m, name, bytes, e) || file_publish(to, bytes->p, bytes->n, 0, e))
        return -1;
    printf("%s\n", to);
    return 0;
}

int cmd_export(const struct invocation *in)
{
    struct err e = {0};
    struct arena mem;
    struct str bytes = {0};
    arena_init(&mem);
    int bad = run_export(in, &mem, &bytes, &e);
    str_release(&bytes);
    arena_release(&mem);
    return bad ? fail(&e) : STATUS_DONE;
}
