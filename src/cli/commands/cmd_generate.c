/* cmd_generate.c prints texts that a network generates, with a line of dashes between two. */
#include "cli/commands/model_file.h"

#include "orchestrate/generate.h"

#include <stdio.h>
#include <unistd.h>

/* A text as it is; for a terminal, which control characters must not reach, with a question mark for each but line ends
 * and tabs. */
static int print_generated(void *ctx, int i, const struct str *t)
{
    const int shown = *(const int *)ctx;
    if (i)
        printf("---------------\n");
    for (size_t k = 0; k < t->n; k++) {
        const unsigned char c = (unsigned char)t->p[k];
        putchar(shown && (c == 127 || (c < ' ' && c != '\n' && c != '\t')) ? '?' : c);
    }
    if (!t->n || t->p[t->n - 1] != '\n')
        putchar('\n');
    return ferror(stdout);
}

static int run_generate(const struct invocation *in, struct arena *mem, struct err *e)
{
    const struct options *o = &in->opt;
    struct generate_how how = {.prompt = o->prompt ? o->prompt : "\n",
                               .count = o->count,
                               .length = o->length,
                               .temperature = o->temperature,
                               .top_k = o->top_k,
                               .top_p = o->top_p,
                               .seed = (uint64_t)o->seed};
    struct model_word w;
    struct model m;
    size_t unknown = 0;
    int shown = isatty(STDOUT_FILENO);
    if (option_level(o, &how.isa, e) || model_word_read(in, in->arg[0], &w, e) || model_word_model(&w, &m, mem, e) ||
        generate_texts(&m, &how, print_generated, &shown, &unknown, e))
        return -1;
    if (unknown && o->prompt)
        fprintf(stderr, "sweep: %zu token%s of the prompt %s unknown to the network\n", unknown,
                unknown == 1 ? "" : "s", unknown == 1 ? "is" : "are");
    return 0;
}

int cmd_generate(const struct invocation *in)
{
    struct err e = {0};
    struct arena mem;
    arena_init(&mem);
    int bad = run_generate(in, &mem, &e);
    arena_release(&mem);
    return bad ? fail(&e) : STATUS_DONE;
}
