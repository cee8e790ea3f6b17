/* tabular_roles.c says which columns of a table are used, and how, from the keys and the names of the columns. */
#include "data/sources/name_list.h"
#include "data/sources/tabular.h"

#include <stdio.h>
#include <string.h>

#define COLUMN_NAME 1024 /* bytes of a name in a key */

const struct tabular_column *tabular_target(const struct tabular *t, int number)
{
    const struct tabular_column *c = t->column;
    while (c->role != COLUMN_TARGET || c->target != number)
        c++;
    return c;
}

struct tabular_column *tabular_column(const struct tabular *t, const char *key, const char *name, struct err *e)
{
    struct tabular_column *found = NULL;
    int64_t number;
    for (size_t c = 0; c < t->columns; c++)
        if (!strcmp(t->column[c].name, name)) {
            if (found) {
                err_set(e, ERR_USAGE, "data.%s: two columns are called '%s'; write the number of the one that is meant",
                        key, name);
                return NULL;
            }
            found = &t->column[c];
        }
    if (!found && !str_to_int(name, &number) && number >= 1 && (uint64_t)number <= t->columns)
        found = &t->column[number - 1];
    if (!found)
        err_set(e, ERR_USAGE, "data.%s: no column '%s'; the file has %zu, the first is '%s', the last '%s'", key, name,
                t->columns, t->column[0].name, t->column[t->columns - 1].name);
    return found;
}

/* Calls use for each column of the list. */
static int each_named(const struct tabular *t, const char *key, const char *list,
                      int (*use)(struct tabular_column *c, const char *key, struct err *e), struct err *e)
{
    char name[COLUMN_NAME];
    int more;
    for (const char *at = list; (more = name_list_next(&at, name, sizeof name));) {
        if (more < 0)
            return err_set(
                e, ERR_USAGE,
                "data.%s: '%s' has a name that is empty, too long, or in a quote that is open; write columns "
                "by commas, such as `Age, \"Fare, in pounds\"`",
                key, list);
        struct tabular_column *c = tabular_column(t, key, name, e);
        if (!c || use(c, key, e))
            return -1;
    }
    return 0;
}

static int use_as_feature(struct tabular_column *c, const char *key, struct err *e)
{
    if (c->role == COLUMN_TARGET)
        return err_set(e, ERR_USAGE, "data.%s: column '%s' is the target, which cannot be a feature, too", key,
                       c->name);
    c->role = COLUMN_FEATURE;
    return 0;
}

static int leave_out_column(struct tabular_column *c, const char *key, struct err *e)
{
    if (c->role == COLUMN_TARGET)
        return err_set(e, ERR_USAGE, "data.%s: column '%s' is the target, which cannot be left out", key, c->name);
    c->role = COLUMN_UNUSED;
    return 0;
}

static int take_categories(struct tabular_column *c, const char *key, struct err *e)
{
    if (c->role != COLUMN_FEATURE)
        return err_set(e, ERR_USAGE, "data.%s: column '%s' is not a feature", key, c->name);
    c->text = 1;
    return 0;
}

static int take_order(struct tabular_column *c, const char *key, struct err *e)
{
    if (c->text)
        return err_set(e, ERR_USAGE, "data.%s: column '%s' stands in onehot, too", key, c->name);
    c->ordinal = 1;
    return take_categories(c, key, e);
}

static int use_as_target(struct tabular *t, const char *name, struct err *e)
{
    struct tabular_column *c = tabular_column(t, "target", name, e);
    if (!c)
        return -1;
    if (c->role == COLUMN_TARGET)
        return err_set(e, ERR_USAGE, "data.target: column '%s' is named twice", c->name);
    c->role = COLUMN_TARGET;
    c->target = ++t->targets;
    return 0;
}

/* One column, whatever letters its name has, or several by commas. */
static int choose_targets(struct tabular *t, struct err *e)
{
    const char *key = t->args->target;
    char name[COLUMN_NAME];
    int more;
    t->targets = 0;
    for (size_t c = 0; *key && c < t->columns; c++)
        if (!strcmp(t->column[c].name, key))
            return use_as_target(t, key, e);
    if (!*key) {
        struct tabular_column *last = &t->column[t->columns - 1];
        last->role = COLUMN_TARGET;
        last->target = ++t->targets;
        return 0;
    }
    for (const char *at = key; (more = name_list_next(&at, name, sizeof name));) {
        if (more < 0)
            return err_set(
                e, ERR_USAGE,
                "data.target: '%s' has a name that is empty, too long, or in a quote that is open; write columns "
                "by commas, such as `Age, \"Fare, in pounds\"`",
                key);
        if (use_as_target(t, name, e))
            return -1;
    }
    return 0;
}

/* One column is the whole input, as a text. */
static int choose_text(struct tabular *t, struct err *e)
{
    const struct tabular_args *a = t->args;
    const struct {
        const char *key, *list;
    } others[] = {{"features", a->features},
                  {"drop", a->drop},
                  {"onehot", a->onehot},
                  {"ordinal", a->ordinal},
                  {"image", a->image ? a->image : ""}};
    struct tabular_column *text = tabular_column(t, "text", a->text, e);
    if (!text)
        return -1;
    if (text->role == COLUMN_TARGET)
        return err_set(e, ERR_USAGE, "data.text: column '%s' is the target", text->name);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (*others[i].list)
            return err_set(e, ERR_USAGE, "data.%s: the text in column '%s' is the whole input; leave %s or text out",
                           others[i].key, text->name, others[i].key);
    for (size_t c = 0; c < t->columns; c++)
        t->column[c].role = t->column[c].role == COLUMN_TARGET ? COLUMN_TARGET : COLUMN_UNUSED;
    text->role = COLUMN_TEXT;
    return 0;
}

int tabular_choose_roles(struct tabular *t, struct err *e)
{
    const struct tabular_args *a = t->args;
    for (size_t c = 0; c < t->columns; c++)
        t->column[c].role = *a->features ? COLUMN_UNUSED : COLUMN_FEATURE;
    if (choose_targets(t, e) || each_named(t, "features", a->features, use_as_feature, e) ||
        each_named(t, "drop", a->drop, leave_out_column, e) || each_named(t, "onehot", a->onehot, take_categories, e) ||
        each_named(t, "ordinal", a->ordinal, take_order, e) || (*a->text && choose_text(t, e)))
        return -1;
    t->used = 0;
    for (size_t c = 0; c < t->columns; c++)
        if (t->column[c].role != COLUMN_UNUSED)
            t->column[c].place = (int)t->used++;
    if (t->used == (size_t)t->targets)
        return err_set(e, ERR_USAGE, "data.drop: no column is left beside the target '%s'", tabular_target(t, 1)->name);
    return 0;
}
