/* model.c writes and reads model files. */
#include "model/model.h"

#include "base/file.h"
#include "base/str.h"

#include <string.h>

int model_bytes(const struct model *m, struct str *bytes, struct err *e)
{
    struct stored_text text[MODEL_TEXTS];
    struct arena a;
    size_t n, texts;
    arena_init(&a);
    const struct model_tensor *t = model_tensors(m->graph, &n, &a);
    struct new_tensor *out = arena_take(&a, n * sizeof *out + 1);
    int bad = model_texts(m, text, &texts, &a, e);
    for (size_t i = 0; !bad && t && out && i < n; i++) {
        const float *here = (t[i].buffer ? m->buffers : m->w) + t[i].at;
        float *ordered = t[i].by_row ? arena_take(&a, t[i].n * sizeof *ordered) : NULL;
        out[i] = (struct new_tensor){.name = t[i].name, .rank = t[i].rank, .n = t[i].n, .v = here};
        memcpy(out[i].dim, t[i].dim, sizeof t[i].dim);
        if (ordered) {
            model_tensor_order(&t[i], 0, here, ordered);
            out[i].v = ordered;
        }
    }
    if (!bad && a.failed)
        bad = err_set(e, ERR_NOMEM, "no memory for a model file");
    bad = bad || tensors_bytes(bytes, out, n, text, texts, e);
    arena_release(&a);
    return bad ? -1 : 0;
}

int model_write(const char *path, const struct model *m, int sync, struct err *e)
{
    struct str bytes = {0};
    int bad = model_bytes(m, &bytes, e) || file_publish(path, bytes.p, bytes.n, sync, e);
    str_release(&bytes);
    return bad ? -1 : 0;
}

static int same_dims(const struct model_tensor *t, const struct stored_tensor *s)
{
    return t->rank == s->rank && !memcmp(t->dim, s->dim, (size_t)t->rank * sizeof *t->dim);
}

/* Every tensor of the network is there, and has its shape. */
static int check_tensors(const struct tensors_file *f, const struct model_tensor *t, size_t n, struct err *e)
{
    char has[128], wants[128];
    for (size_t i = 0; i < n; i++) {
        const struct stored_tensor *s = tensors_find(f, t[i].name);
        if (!s)
            return err_set(e, ERR_DATA, "%s: has no tensor '%s', which '%s' wants", f->path, t[i].name,
                           t[i].node->text);
        if (!same_dims(&t[i], s))
            return err_set(e, ERR_DATA, "%s: tensor '%s' is %s, '%s' wants %s", f->path, t[i].name,
                           tensor_shape_text(s->rank, s->dim, has, sizeof has), t[i].node->text,
                           tensor_shape_text(t[i].rank, t[i].dim, wants, sizeof wants));
    }
    return 0;
}

/* A tensor of the file that the network does not have may mean that the file is of another network. */
static int check_surplus(const struct tensors_file *f, const struct model_tensor *t, size_t n, struct err *e)
{
    for (size_t i = 0; i < f->n; i++) {
        size_t k = 0;
        while (k < n && strcmp(t[k].name, f->tensor[i].name) != 0)
            k++;
        if (k == n)
            return err_set(e, ERR_DATA, "%s: has a tensor '%s', which the network of its metadata does not have",
                           f->path, f->tensor[i].name);
    }
    return 0;
}

int model_tensor_read(const struct model_tensor *t, const struct tensors_file *f, const struct stored_tensor *s,
                      float *w, float *buffers, struct err *e)
{
    float *to = (t->buffer ? buffers : w) + t->at;
    if (!t->by_row)
        return tensor_floats(f, s, to, e);
    struct arena a;
    arena_init(&a);
    float *ordered = arena_take(&a, t->n * sizeof *ordered);
    int bad = ordered ? tensor_floats(f, s, ordered, e) : err_set(e, ERR_NOMEM, "%s: no memory to read it", f->path);
    if (!bad)
        model_tensor_order(t, 1, ordered, to);
    arena_release(&a);
    return bad;
}

/* Memory is taken when the file is known to have as many numbers as the network. */
static int model_from_file(struct model *m, const struct tensors_file *f, struct arena *a, struct err *e)
{
    size_t n;
    if (model_from_texts(m, f, a, e))
        return -1;
    const struct model_tensor *t = model_tensors(m->graph, &n, a);
    if (!t)
        return err_set(e, ERR_NOMEM, "%s: no memory to read it", f->path);
    if (check_tensors(f, t, n, e) || check_surplus(f, t, n, e))
        return -1;
    float *w = arena_take(a, m->graph->param_floats * sizeof *w + 1);
    float *buffers = arena_take(a, m->graph->buffer_floats * sizeof *buffers + 1);
    if (!w || !buffers)
        return err_set(e, ERR_NOMEM, "%s: no memory to read it", f->path);
    for (size_t i = 0; i < n; i++)
        if (model_tensor_read(&t[i], f, tensors_find(f, t[i].name), w, buffers, e))
            return -1;
    m->w = w;
    m->buffers = buffers;
    return 0;
}

int model_read(struct model *m, const char *path, struct arena *a, struct err *e)
{
    struct tensors_file f;
    memset(m, 0, sizeof *m);
    int bad = tensors_open(&f, path, e) || model_from_file(m, &f, a, e);
    tensors_close(&f);
    return bad ? -1 : 0;
}
