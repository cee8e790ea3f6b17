#include "zip_make.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

static unsigned char *put_number(unsigned char *to, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *to++ = (unsigned char)(v >> 8 * i);
    return to;
}

/* What both headers of a file have: versions, no flags, stored, a date, checksum, sizes, length of the name. */
static unsigned char *put_common(unsigned char *to, const struct zip_part *p)
{
    uint32_t n = (uint32_t)p->n, crc = (uint32_t)crc32(0, p->bytes, (unsigned)p->n);
    to = put_number(to, 20, 2);
    to = put_number(to, 0, 4);
    to = put_number(to, 0x5a215a21, 4);
    to = put_number(to, crc, 4);
    to = put_number(to, n, 4);
    to = put_number(to, n, 4);
    return put_number(to, (uint32_t)strlen(p->name), 4);
}

static unsigned char *put_bytes(unsigned char *to, const void *bytes, size_t n)
{
    memcpy(to, bytes, n);
    return to + n;
}

size_t zip_make(unsigned char *to, size_t room, const struct zip_part *part, size_t parts)
{
    unsigned char *at = to, *directory;
    uint32_t place[16];
    size_t need = 22;
    for (size_t i = 0; i < parts; i++)
        need += 30 + 46 + 2 * strlen(part[i].name) + part[i].n;
    if (need > room || parts > 16)
        return 0;
    for (size_t i = 0; i < parts; i++) {
        place[i] = (uint32_t)(at - to);
        at = put_common(put_number(at, 0x04034b50, 4), &part[i]);
        at = put_bytes(at, part[i].name, strlen(part[i].name));
        at = put_bytes(at, part[i].bytes, part[i].n);
    }
    directory = at;
    for (size_t i = 0; i < parts; i++) {
        at = put_common(put_number(put_number(at, 0x02014b50, 4), 20, 2), &part[i]);
        at = put_number(put_number(at, 0, 4), 0, 2);
        at = put_number(put_number(at, 0, 4), place[i], 4);
        at = put_bytes(at, part[i].name, strlen(part[i].name));
    }
    uint32_t size = (uint32_t)(at - directory);
    at = put_number(put_number(at, 0x06054b50, 4), 0, 4);
    at = put_number(put_number(at, (uint32_t)parts, 2), (uint32_t)parts, 2);
    at = put_number(put_number(at, size, 4), (uint32_t)(directory - to), 4);
    return (size_t)(put_number(at, 0, 2) - to);
}

void zip_workbook(struct zip_part part[4], const char *sheet, size_t n)
{
    static const char book[] = "<workbook><sheets><sheet name='one' r:id='r1'/></sheets></workbook>",
                      rels[] = "<Relationships><Relationship Id='r1' Target='worksheets/s.xml'/></Relationships>",
                      texts[] =
                          "<sst><si><t>zero</t></si><si><r><t>o</t></r><r><t>ne</t></r><rPh><t>x</t></rPh></si></sst>";
    part[0] = (struct zip_part){"xl/workbook.xml", book, sizeof book - 1};
    part[1] = (struct zip_part){"xl/_rels/workbook.xml.rels", rels, sizeof rels - 1};
    part[2] = (struct zip_part){"xl/sharedStrings.xml", texts, sizeof texts - 1};
    part[3] = (struct zip_part){"xl/worksheets/s.xml", sheet, n};
}
