#include "golden.h"

#include "groups.h"

#include <string.h>

void golden_open(struct golden *g, const char *file)
{
    char path[512];
    memset(g, 0, sizeof *g);
    snprintf(path, sizeof path, "%s/data/%s", TEST_SOURCE_DIR, file);
    g->f = fopen(path, "r");
    if (!g->f)
        fail_msg("cannot open %s", path);
    while (fgetc(g->f) != '\n') /* the head */
        if (feof(g->f))
            fail_msg("%s is empty", path);
}

void golden_close(struct golden *g)
{
    fclose(g->f);
}

int golden_case(struct golden *g)
{
    char mode[16];
    int slices = 0;
    g->use[0] = 0;
    if (fscanf(g->f, " use : %255[^\n]", g->use) == EOF)
        return 0;
    if (fscanf(g->f, " slices %d", &slices) == EOF)
        return 0;
    int got = fscanf(g->f, " case %d %d %d %d %15s : %2047[^\n]", &g->in.c, &g->in.h, &g->in.w, &g->n, mode, g->text);
    if (got == EOF)
        return 0;
    assert_int_equal(got, 6);
    g->in.kind = slices ? VOLUME : g->in.w ? MAPS : SEQUENCE; /* W 0: a sequence of H positions */
    g->in.w += !g->in.w;
    g->in.d = slices ? slices : 1;
    g->in.h *= g->in.d;
    g->training = !strcmp(mode, "training");
    g->ragged = !strncmp(g->text, "ragged ", 7);
    if (g->ragged)
        memmove(g->text, g->text + 7, strlen(g->text + 7) + 1);
    return 1;
}

int golden_array(struct golden *g)
{
    long before = ftell(g->f);
    if (fscanf(g->f, " %15s", g->name) != 1)
        return 0;
    if (!strcmp(g->name, "case") || !strcmp(g->name, "use") || !strcmp(g->name, "slices")) {
        fseek(g->f, before, SEEK_SET);
        return 0;
    }
    assert_int_equal(fscanf(g->f, "%zu", &g->values), 1);
    assert_true(g->values <= COUNT(g->value));
    for (size_t i = 0; i < g->values; i++)
        assert_int_equal(fscanf(g->f, "%lf", &g->value[i]), 1);
    return 1;
}

double golden_fill(size_t k, size_t m)
{
    return ((double)((k * m + 13) % 127) - 63) / 64;
}
