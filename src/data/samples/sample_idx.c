/* sample_idx.c hands over the records of an IDX file, a few at a time. */
#include "data/samples/sample_files.h"
#include "data/sources/idx.h"
#include "data/sources/packed.h"

#include <stdio.h>
#include <stdlib.h>

/* Record after record into room for one as bytes and one as floats. */
static int read_records(struct idx_file *f, const struct sample_sink *k, uint8_t *bytes, float *number)
{
    struct err why = {0};
    for (size_t i = 0; i < f->dim[0]; i++) {
        size_t got;
        if (packed_read(f->f, f->path, bytes, f->record, &got, &why))
            return sample_fails(k, f->path, i + 1, why.text);
        if (got < f->record)
            return sample_fails(k, f->path, i + 1, "the file is cut off before this sample");
        for (size_t j = 0; number && j < f->record; j++)
            number[j] = bytes[j];
        if (k->take(k->ctx, &(struct sample){f->path, i + 1, number ? (const void *)number : bytes, NULL}))
            return -1;
    }
    return 0;
}

int sample_idx(const char *path, const struct sample_sink *k, struct err *e)
{
    struct idx_file f;
    struct err why = {0};
    char text[256];
    if (idx_open(&f, path, 1, IDX_DIMS, &why))
        return why.code == ERR_NOMEM ? err_set(e, ERR_NOMEM, "%s: no memory to read it", path)
                                     : sample_fails(k, path, 0, why.text);
    int bad;
    if (k->form->type == FIELD_TOKENS)
        bad = sample_fails(k, path, 0, "its samples are numbers, the network wants texts");
    else if (f.record != shape_size(k->form->shape)) {
        snprintf(text, sizeof text, "its samples have %zu values, the network wants %zu", f.record,
                 shape_size(k->form->shape));
        bad = sample_fails(k, path, 0, text);
    } else {
        uint8_t *bytes = malloc(f.record);
        float *number = k->form->type == FIELD_FLOATS ? malloc(f.record * sizeof *number) : NULL;
        bad = !bytes || (k->form->type == FIELD_FLOATS && !number)
                  ? err_set(e, ERR_NOMEM, "%s: no memory to read it", path)
                  : read_records(&f, k, bytes, number);
        free(bytes);
        free(number);
    }
    idx_close(&f);
    return bad;
}
