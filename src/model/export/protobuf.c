/* protobuf.c writes the fields of messages. */
#include "model/export/protobuf.h"

#include <string.h>

enum wire_type { WIRE_VARINT = 0, WIRE_BYTES = 2, WIRE_32 = 5 };

/* 7 bits a byte, the lowest first; the highest bit says that more follow. */
static void put_varint(struct str *m, uint64_t v)
{
    char byte;
    for (; v >= 128; v >>= 7) {
        byte = (char)(v | 128);
        str_addn(m, &byte, 1);
    }
    byte = (char)v;
    str_addn(m, &byte, 1);
}

static void put_tag(struct str *m, unsigned field, enum wire_type type)
{
    put_varint(m, (uint64_t)field << 3 | type);
}

void pb_whole(struct str *m, unsigned field, int64_t v)
{
    put_tag(m, field, WIRE_VARINT);
    put_varint(m, (uint64_t)v);
}

void pb_float(struct str *m, unsigned field, float v)
{
    put_tag(m, field, WIRE_32);
    str_addn(m, (const char *)&v, sizeof v);
}

void pb_bytes(struct str *m, unsigned field, const void *v, size_t n)
{
    put_tag(m, field, WIRE_BYTES);
    put_varint(m, n);
    str_addn(m, v, n);
}

void pb_text(struct str *m, unsigned field, const char *text)
{
    pb_bytes(m, field, text, strlen(text));
}

void pb_message(struct str *m, unsigned field, struct str *inner)
{
    m->failed |= inner->failed;
    pb_bytes(m, field, inner->p ? inner->p : "", inner->n);
    str_release(inner);
}
