/* list_library.c prints the blocks that come with the program, whose texts say all there is to say. */
#include "cli/commands/list_library.h"

#include "base/str.h"
#include "cli/console/text.h"
#include "nn/blocks/library.h"

#include <stdio.h>
#include <string.h>

/* Prints the keys of the section up to its layers: "  width = ?  stride = 1". */
static void print_parameters(const char *text)
{
    for (const char *line = strchr(text, '['); line && *line; line += strcspn(line, "\n") + 1) {
        char key[64], value[64];
        if (!strncmp(line, "layers", 6))
            break;
        if (sscanf(line, "%63[a-z_] = %63[^\n]", key, value) == 2 && strcmp(key, "names") != 0)
            printf("  %s = %s", key, value);
    }
    printf("\n");
}

/* Prints the comments above the section without their marks; the last one is the source. */
static void print_comments(const char *text, int width)
{
    struct str line = {0};
    for (; *text == ';'; text += strcspn(text, "\n") + 1) {
        line.n = 0;
        str_addf(&line, "%.*s", (int)strcspn(text + 2, "\n"), text + 2);
        if (!line.failed)
            text_wrap(stdout, line.p, 2, width - 2);
    }
    str_release(&line);
}

void list_library(int width)
{
    for (const struct library_block *b = library_blocks; b->name; b++) {
        printf("%s", b->name);
        print_parameters(b->text);
        print_comments(b->text, width);
    }
}

int print_library_block(const char *name)
{
    for (const struct library_block *b = library_blocks; b->name; b++)
        if (!strcmp(b->name, name)) {
            printf("%s", b->text);
            return 0;
        }
    return -1;
}

const char *library_block_name(size_t i, const void *ctx)
{
    (void)ctx;
    return library_blocks[i].name;
}
