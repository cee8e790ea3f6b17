/* tabular_tokens.c makes rows of ids of a column of texts. */
#include "data/sources/tabular_tokens.h"

#include <stdlib.h>
#include <string.h>

int tabular_learn_texts(struct tabular_texts *x, const struct tabular *t, const unsigned char *part, const char *given,
                        struct err *e)
{
    size_t n = 0;
    struct text_span *text = malloc((t->rows + 1) * sizeof *text);
    if (!text)
        return err_set(e, ERR_NOMEM, "no memory for the texts of a table");
    for (size_t i = 0; i < t->rows; i++)
        if (part[i] == PART_TRAIN)
            text[n++] = tabular_row_text(t, i);
    int bad = tokenizer_get(&x->tokens, given, choice_of_tokens(&t->args->token), text, n, e);
    free(text);
    return bad;
}

int ids_of_text(struct tokenizer *t, struct id_list *room, struct text_span text, int keep, int length, int32_t *id)
{
    room->n = 0;
    tokenizer_encode(t, text.text, text.n, room);
    if (!room->n)
        id_list_add(room, 0);
    if (room->failed)
        return -1;
    const size_t most = (size_t)length, n = room->n < most ? room->n : most;
    memcpy(id, room->v + (keep == KEEP_END ? room->n - n : 0), n * sizeof *id);
    for (size_t i = n; i < most; i++)
        id[i] = -1;
    return 0;
}

int tabular_text_ids(struct tabular_texts *x, const struct tabular *t, size_t row, int32_t *id, struct err *e)
{
    if (!ids_of_text(&x->tokens, &x->ids, tabular_row_text(t, row), t->args->keep, t->args->token.length, id))
        return 0;
    return err_set(e, ERR_NOMEM, "no memory for the texts of a table");
}

void tabular_tell_texts(struct tabular_texts *x, const struct tabular *t, struct str *to)
{
    const struct tabular_column *c = t->column;
    size_t longest = 0, cut = 0;
    double sum = 0;
    while (c->role != COLUMN_TEXT)
        c++;
    for (size_t i = 0; i < t->rows && !x->ids.failed; i++) {
        const struct text_span text = tabular_row_text(t, i);
        x->ids.n = 0;
        tokenizer_encode(&x->tokens, text.text, text.n, &x->ids);
        sum += (double)x->ids.n;
        longest = x->ids.n > longest ? x->ids.n : longest;
        cut += x->ids.n > (size_t)t->args->token.length;
    }
    str_addf(to,
             "  %s: the text, tokens of kind %s, %d of them; %.0f in a text, at most %zu; %zu texts are cut to %d\n",
             c->name, token_kind_name(x->tokens.kind), x->tokens.size, sum / (double)t->rows, longest, cut,
             t->args->token.length);
}
