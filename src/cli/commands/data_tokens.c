/* data_tokens.c - prints what was found in texts: their tokens, how long they are, and some of them. */
#include "cli/commands/data_out.h"

#include "cli/console/json.h"
#include "cli/console/text.h"

#include <stdio.h>

enum { TOKEN_CELL = 32 };

static const char *counted(char buf[TOKEN_CELL], size_t n)
{
    snprintf(buf, TOKEN_CELL, "%zu", n);
    return buf;
}

/* A table of these rows; row(t, i, cell) fills its cells. */
static int print_token_table(const char *const *head, size_t columns, size_t rows, const struct inspect_tokens *t,
                             void (*row)(const struct inspect_tokens *t, size_t i, const char **cell,
                                         char (*buf)[TOKEN_CELL]))
{
    struct table out;
    table_init(&out);
    int bad = table_columns(&out, head, columns);
    for (size_t i = 0; i < rows && !bad; i++) {
        const char *cell[4];
        char buf[4][TOKEN_CELL];
        row(t, i, cell, buf);
        bad = table_row(&out, cell);
    }
    if (!bad) {
        printf("\n");
        text_table(stdout, &out, 0);
    }
    table_release(&out);
    return bad;
}

static void split_row(const struct inspect_tokens *t, size_t split, const char **cell, char (*buf)[TOKEN_CELL])
{
    cell[0] = inspect_split_name[split];
    cell[1] = counted(buf[1], t->tokens[split]);
    cell[2] = t->knows_all ? "" : counted(buf[2], t->unknown[split]);
}

static void token_row(const struct inspect_tokens *t, size_t i, const char **cell, char (*buf)[TOKEN_CELL])
{
    cell[0] = t->token[i].text;
    cell[1] = counted(buf[1], t->token[i].count);
    snprintf(buf[2], TOKEN_CELL, "%.4g", (double)t->token[i].count / (double)t->tokens[DATA_TRAIN]);
    cell[2] = buf[2];
}

static void length_row(const struct inspect_tokens *t, size_t i, const char **cell, char (*buf)[TOKEN_CELL])
{
    snprintf(buf[0], TOKEN_CELL, "%zu..%zu", i * (size_t)t->step + 1, (i + 1) * (size_t)t->step);
    cell[0] = buf[0];
    for (int split = 0; split < INSPECT_SPLITS; split++)
        cell[1 + split] = counted(buf[1 + split], t->length[i][split]);
}

int data_print_tokens(const struct inspect_tokens *t)
{
    static const char *const splits[] = {"split", "tokens", "unknown"}, *const tokens[] = {"token", "count", "share"},
                             *const lengths[] = {"length", "train", "validation", "test"};
    printf("\nvocabulary: %d tokens\n", t->vocabulary);
    if (print_token_table(splits, 3, INSPECT_SPLITS, t, split_row) ||
        print_token_table(tokens, 3, t->top, t, token_row) ||
        (t->lengths && print_token_table(lengths, 4, (size_t)t->lengths, t, length_row)))
        return -1;
    printf("(the most frequent tokens of the training split)\n\n");
    for (size_t i = 0; i < t->examples; i++)
        printf("example %zu: %s\n", i + 1, t->example[i]);
    return 0;
}

static void json_three(struct json *j, const char *key, const size_t n[INSPECT_SPLITS])
{
    json_open(j, key, '{');
    for (int split = 0; split < INSPECT_SPLITS; split++)
        json_number(j, inspect_split_name[split], (double)n[split]);
    json_close(j, '}');
}

void data_json_tokens(struct json *j, const char *key, const struct inspect_tokens *t)
{
    json_open(j, key, '{');
    json_number(j, "vocabulary", t->vocabulary);
    json_three(j, "tokens", t->tokens);
    if (!t->knows_all)
        json_three(j, "unknown", t->unknown);
    json_open(j, "frequent", '[');
    for (size_t i = 0; i < t->top; i++) {
        json_open(j, NULL, '{');
        json_text(j, "token", t->token[i].text);
        json_number(j, "count", (double)t->token[i].count);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_open(j, "lengths", '[');
    for (int i = 0; i < t->lengths; i++) {
        json_open(j, NULL, '{');
        json_number(j, "from", i * t->step + 1);
        json_number(j, "to", (i + 1) * t->step);
        json_three(j, "samples", t->length[i]);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_open(j, "examples", '[');
    for (size_t i = 0; i < t->examples; i++)
        json_text(j, NULL, t->example[i]);
    json_close(j, ']');
    json_close(j, '}');
}
