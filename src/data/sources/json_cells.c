/* json_cells.c reads the cells of JSON files. The text is cut into its objects here, so that only one of them is in
 * memory, and jansson reads each: it checks what is inside (grammar, UTF-8, names that come twice, depth). */
#include "data/sources/cells.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/json_text.h"
#include "base/str.h"
#include "data/sources/packed.h"

#include <stdlib.h>
#include <string.h>

struct json_reading {
    const char *path;
    const struct cells_how *how;
    void *ctx;
    struct err *e;
    /* What is between the objects. */
    enum { AT_BEGIN, AT_FIRST_OR_END, AT_OBJECT, AT_COMMA_OR_END, AT_END, IN_OBJECT } state;
    int array;           /* the objects are those of an array */
    int depth;           /* of open braces and brackets in the object */
    int quoted, escaped; /* in a text of it; the byte before was a backslash */
    struct str object;
    size_t line, object_line; /* from 1 */
    /* Names. */
    struct arena mem;
    const char **name;
    json_t **value; /* [names] of this object; NULL: it has none */
    size_t names, room;
    int collect; /* this is the reading for the names */
};

static int json_nomem(struct json_reading *r)
{
    return err_set(r->e, ERR_NOMEM, "%s: no memory to read it", r->path);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static int add_json_name(struct json_reading *r, const char *name)
{
    if (r->names == r->room) {
        size_t room = r->room ? 2 * r->room : 16;
        const char **more = realloc(r->name, room * sizeof *more);
        r->name = more ? more : r->name;
        json_t **values = more ? realloc(r->value, room * sizeof *values) : NULL;
        r->value = values ? values : r->value;
        if (!values)
            return json_nomem(r);
        r->room = room;
    }
    r->name[r->names] = arena_str(&r->mem, name);
    r->value[r->names] = NULL;
    return r->name[r->names++] ? 0 : json_nomem(r);
}

/* The number of a name, looked for from `at` on, where it is if all objects have the same order; -1: it is new. */
static long find_json_name(const struct json_reading *r, const char *name, size_t at)
{
    for (size_t i = 0; i < r->names; i++) {
        size_t k = at + i < r->names ? at + i : at + i - r->names;
        if (!strcmp(r->name[k], name))
            return (long)k;
    }
    return -1;
}

static int take_members(struct json_reading *r, json_t *object)
{
    const char *name;
    json_t *value;
    size_t at = 0;
    json_object_foreach(object, name, value)
    {
        long k = find_json_name(r, name, at);
        if (k < 0 && !r->collect)
            return err_set(r->e, ERR_DATA, "%s:%zu: has a value called '%.40s', which no object of the first file has",
                           r->path, r->object_line, name);
        if (k < 0 && add_json_name(r, name))
            return -1;
        at = k < 0 ? r->names : (size_t)k + 1;
        if (k >= 0)
            r->value[k] = value;
    }
    return 0;
}

static int give_text(struct json_reading *r, size_t column, const char *text, size_t n)
{
    return r->how->cell(r->ctx, column, text, n, r->object_line, r->e);
}

static int give_value(struct json_reading *r, size_t column, const json_t *v)
{
    char number[STR_NUM];
    if (!v || json_is_null(v))
        return give_text(r, column, "", 0);
    if (json_is_string(v))
        return json_string_length(v) > CELL_BYTES
                   ? err_set(r->e, ERR_DATA, "%s:%zu: column %zu: a cell of more than %d bytes", r->path,
                             r->object_line, column + 1, CELL_BYTES)
                   : give_text(r, column, json_string_value(v), json_string_length(v));
    if (json_is_real(v))
        return give_text(r, column, number, strlen(str_double(number, json_real_value(v))));
    char *text = json_text_write(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    int bad = text ? give_text(r, column, text, strlen(text)) : json_nomem(r);
    free(text);
    return bad;
}

/* A row of the names (before the first object), or of the values. */
static int give_row(struct json_reading *r, int header)
{
    for (size_t k = 0; k < r->names; k++)
        if (header ? give_text(r, k, r->name[k], strlen(r->name[k])) : give_value(r, k, r->value[k]))
            return -1;
    return r->how->row(r->ctx, r->names, header ? 1 : r->object_line, r->e);
}

static int take_object(struct json_reading *r)
{
    json_error_t why;
    int nomem;
    if (r->object.failed)
        return json_nomem(r);
    json_t *object = json_text_read(r->object.p, r->object.n, JSON_REJECT_DUPLICATES, &why, &nomem);
    if (nomem)
        return json_nomem(r);
    if (!object)
        return err_set(r->e, ERR_DATA, "%s:%zu: is not JSON: %s", r->path, r->object_line + (size_t)why.line - 1,
                       why.text);
    for (size_t k = 0; k < r->names; k++)
        r->value[k] = NULL;
    int bad = take_members(r, object) || (!r->collect && give_row(r, 0));
    json_decref(object);
    str_clear(&r->object);
    return bad ? -1 : 0;
}

/* ---- objects ----------------------------------------------------------------------------------------------------- */

/* A byte between objects that is no blank. */
static int take_outer(struct json_reading *r, char c)
{
    int at_object = r->state == AT_BEGIN || r->state == AT_FIRST_OR_END || r->state == AT_OBJECT;
    if (r->state == AT_BEGIN && c == '[') {
        r->array = 1;
        r->state = AT_FIRST_OR_END;
    } else if (at_object && c == '{') {
        r->state = IN_OBJECT;
        r->object_line = r->line;
    } else if (r->state == AT_COMMA_OR_END && c == ',')
        r->state = AT_OBJECT;
    else if ((r->state == AT_COMMA_OR_END || r->state == AT_FIRST_OR_END) && c == ']')
        r->state = AT_END;
    else
        return err_set(r->e, ERR_DATA, "%s:%zu: '%c' stands where %s is expected", r->path, r->line,
                       c >= ' ' && c < 127 ? c : '?',
                       r->state == AT_BEGIN          ? "an object { } or an array [ ] of objects"
                       : r->state == AT_COMMA_OR_END ? "',' or ']'"
                       : r->state == AT_END          ? "the end of the file"
                                                     : "an object { }");
    return 0;
}

/* Returns the place after what of text[..end) belongs to the object. */
static const char *take_inner(struct json_reading *r, const char *text, const char *end)
{
    const char *from = text;
    for (; text < end; text++) {
        char c = *text;
        r->line += c == '\n';
        if (r->quoted) {
            r->quoted = r->escaped || c != '"';
            r->escaped = !r->escaped && c == '\\';
            continue;
        }
        r->quoted = c == '"';
        r->depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (!r->depth) {
            text++;
            break;
        }
    }
    str_addn(&r->object, from, (size_t)(text - from));
    return text;
}

static int take_json(struct json_reading *r, const char *text, size_t n)
{
    for (const char *end = text + n; text < end;) {
        char c = *text;
        if (r->state != IN_OBJECT) {
            int blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
            r->line += c == '\n';
            if (!blank && take_outer(r, c))
                return -1;
            text += r->state != IN_OBJECT;
            continue;
        }
        text = take_inner(r, text, end);
        if (r->object.n > JSON_OBJECT_BYTES)
            return err_set(r->e, ERR_DATA, "%s:%zu: an object of more than %zu bytes; is its brace closed?", r->path,
                           r->object_line, JSON_OBJECT_BYTES);
        if (r->depth)
            continue;
        if (take_object(r))
            return -1;
        r->state = r->array ? AT_COMMA_OR_END : AT_OBJECT;
    }
    return 0;
}

static int read_json_blocks(struct json_reading *r, gzFile f)
{
    char block[1 << 13];
    size_t got, skip = 0;
    for (int first = 1;; first = 0) {
        if (packed_read(f, r->path, block, sizeof block, &got, r->e))
            return -1;
        skip = first && got >= 3 && !memcmp(block, "\xef\xbb\xbf", 3) ? 3 : 0;
        if (take_json(r, block + skip, got - skip))
            return -1;
        if (got < sizeof block)
            break;
    }
    int ended = r->state == AT_BEGIN || r->state == AT_END || (!r->array && r->state == AT_OBJECT);
    return ended ? 0
                 : err_set(r->e, ERR_DATA, "%s:%zu: ends within %s", r->path, r->line,
                           r->state == IN_OBJECT ? "an object" : "its array");
}

/* Reads the file once, for the names or for the rows. */
static int read_json(struct json_reading *r, int collect)
{
    gzFile f = file_open_gzip(r->path, r->e);
    if (!f)
        return -1;
    r->collect = collect;
    r->state = AT_BEGIN;
    r->array = r->depth = r->quoted = r->escaped = 0;
    r->line = 1;
    str_clear(&r->object);
    int bad = gzbuffer(f, 1 << 16) ? json_nomem(r) : read_json_blocks(r, f);
    gzclose(f);
    return bad;
}

static int known_json_names(struct json_reading *r)
{
    const char *name;
    for (size_t k = 0; (name = r->how->name(r->ctx, k)); k++)
        if (add_json_name(r, name))
            return -1;
    return 0;
}

int json_cells_read(const char *path, const struct cells_how *how, void *ctx, struct err *e)
{
    struct json_reading r = {.path = path, .how = how, .ctx = ctx, .e = e};
    arena_init(&r.mem);
    int bad = how->name ? known_json_names(&r) : read_json(&r, 1);
    bad = bad || (r.names && give_row(&r, 1)) || read_json(&r, 0);
    free(r.name);
    free(r.value);
    str_release(&r.object);
    arena_release(&r.mem);
    return bad ? -1 : 0;
}
