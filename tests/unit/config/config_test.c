#include "config_test.h"

#include <stdio.h>
#include <string.h>

static struct str messages;
static struct arena mem;

void write_file(const char *path, const void *bytes, size_t n)
{
    remove(path); /* a new file: writing over one waits for the disk on some file systems */
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void keep_messages(struct err_list *errs)
{
    size_t folder = strlen(test_folder()) + 1;
    str_release(&messages);
    str_add(&messages, "");
    for (size_t i = 0; i < errs->n; i++) {
        const char *text = errs->v[i].text;
        str_addf(&messages, "%s\n", strncmp(text, test_folder(), folder - 1) ? text : text + folder);
    }
    err_list_release(errs);
}

static struct sweep *open_bytes(const char *bytes, size_t n, const char *const *words, size_t nwords)
{
    struct err_list errs = {0};
    struct sweep *s;
    const char *path = test_path("t.ini");
    write_file(path, bytes, n);
    int rc = sweep_open(&s, path, words, nwords, &errs);
    if (!rc != !errs.n || !rc != !!s)
        fail_msg("sweep_open says %d with %zu errors", rc, errs.n);
    keep_messages(&errs);
    arena_reset(&mem);
    return s;
}

static size_t words_of(const char *words[16], va_list ap)
{
    size_t n = 0;
    while ((words[n] = va_arg(ap, const char *)))
        n++;
    return n;
}

struct sweep *open_text(const char *text, ...)
{
    const char *words[16];
    va_list ap;
    va_start(ap, text);
    size_t n = words_of(words, ap);
    va_end(ap);
    struct sweep *s = open_bytes(text, strlen(text), words, n);
    if (!s)
        fail_msg("%s", messages.p);
    return s;
}

const char *errors_of(const char *text, ...)
{
    const char *words[16];
    va_list ap;
    va_start(ap, text);
    size_t n = words_of(words, ap);
    va_end(ap);
    sweep_free(open_bytes(text, strlen(text), words, n));
    return messages.p;
}

const char *errors_of_bytes(const char *bytes, size_t n)
{
    sweep_free(open_bytes(bytes, n, NULL, 0));
    return messages.p;
}

void expect_error(const char *text, ...)
{
    const char *got = errors_of(text, NULL), *part, *nl = strchr(got, '\n');
    if (!nl || nl[1])
        fail_msg("one error was expected for\n%s\ngot: %s", text, got);
    va_list ap;
    va_start(ap, text);
    while ((part = va_arg(ap, const char *)))
        if (!strstr(got, part))
            fail_msg("'%s' is missing in: %s", part, got);
    va_end(ap);
}

const struct proposal *proposal_of(const struct sweep *s, uint64_t k)
{
    static struct proposal at;
    struct search_history h = {.asked = sweep_search(s)->type->draws ? 0 : k};
    struct err e = {0};
    while (h.asked <= k)
        if (search_next(sweep_search(s), &h, &at, &e))
            fail_msg("there is no proposal %llu: %s", (unsigned long long)k, e.text);
    search_forget(&h);
    return &at;
}

const char *point_errors(const struct sweep *s, uint64_t k, int classes)
{
    struct err_list errs = {0};
    struct point p;
    int rc = sweep_point(s, proposal_of(s, k), (struct target_kind){.classes = classes}, &mem, &p, &errs);
    if (!rc != !errs.n)
        fail_msg("sweep_point says %d with %zu errors", rc, errs.n);
    keep_messages(&errs);
    return messages.p;
}

struct point point_of(const struct sweep *s, uint64_t k)
{
    struct err_list errs = {0};
    struct point p;
    if (sweep_point(s, proposal_of(s, k), (struct target_kind){.classes = 10}, &mem, &p, &errs)) {
        keep_messages(&errs);
        fail_msg("point %llu: %s", (unsigned long long)k, messages.p);
    }
    return p;
}

const char *value_of(const struct sweep *s, uint64_t k, size_t i)
{
    return point_of(s, k).value[i];
}

const char *values_of(const char *axis)
{
    static struct str out;
    char text[1024];
    snprintf(text, sizeof text, "[model]\nx = 1\npool_at = 0\npool = any $x\n[grid]\nmodel.x = %s\n", axis);
    struct sweep *s = open_text(text, NULL);
    str_release(&out);
    for (uint64_t k = 0; k < sweep_points(s); k++)
        str_addf(&out, "%s%s", k ? " | " : "", value_of(s, k, 0));
    sweep_free(s);
    return out.p;
}
