/* json_text.c - jansson with an allocator that remembers, for each thread, that there was no memory. */
#include "base/json_text.h"

#include <pthread.h>
#include <stdlib.h>

static _Thread_local int lacked;

static void *take(size_t n)
{
    void *p = malloc(n);
    lacked |= !p;
    return p;
}

static void set_allocator(void)
{
    json_set_alloc_funcs(take, free);
}

/* From here on the thread remembers. */
static void begin_watch(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_allocator);
    lacked = 0;
}

json_t *json_text_read(const char *text, size_t n, size_t flags, json_error_t *why, int *nomem)
{
    begin_watch();
    json_t *value = json_loadb(text, n, flags, why);
    *nomem = lacked;
    if (!lacked)
        return value;
    json_decref(value);
    return NULL;
}

char *json_text_write(const json_t *value, size_t flags)
{
    begin_watch();
    char *text = json_dumps(value, flags);
    if (!lacked)
        return text;
    free(text);
    return NULL;
}
