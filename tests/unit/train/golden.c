#include "golden.h"

#include "fixture.h"

#include <stdlib.h>
#include <string.h>

void golden_open(struct golden *g, const char *name)
{
    char path[1024], head[1024];
    memset(g, 0, sizeof *g);
    snprintf(path, sizeof path, "%s/data/%s", TEST_SOURCE_DIR, name);
    if (!(g->f = fopen(path, "r")))
        fail_msg("cannot open %s", path);
    assert_non_null(fgets(head, sizeof head, g->f));
}

int golden_row(struct golden *g)
{
    char line[2048];
    if (!fgets(line, sizeof line, g->f))
        return 0;
    int quoted = *line == '"'; /* settings with commas */
    char *at = strchr(line + quoted, quoted ? '"' : ',');
    assert_non_null(at);
    *at = 0;
    at += 1 + quoted;
    assert_true(strlen(line + quoted) < sizeof g->settings);
    strcpy(g->settings, line + quoted);
    g->values = 0;
    for (char *end = at; *at && *at != '\n'; at = *end == ',' ? end + 1 : end) {
        assert_true(g->values < GOLDEN_VALUES);
        g->value[g->values++] = strtod(at, &end);
        assert_true(end != at);
    }
    return 1;
}

void golden_close(struct golden *g)
{
    fclose(g->f);
}
