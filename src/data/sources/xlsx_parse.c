/* xlsx_parse.c - reads one part of a workbook with expat. */
#include "data/sources/xlsx.h"

#include <expat.h>
#include <stdio.h>
#include <string.h>

struct part_parsing {
    XML_Parser parser;
    const struct xlsx_handler *handler;
    void *ctx;
    int depth;
    const char *refused; /* why it is not read on; NULL: nothing is wrong */
};

static const char *without_prefix(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

const char *xlsx_attribute(const char *const *attribute, const char *name)
{
    for (; *attribute; attribute += 2)
        if (!strcmp(without_prefix(attribute[0]), name))
            return attribute[1];
    return NULL;
}

static void refuse_part(struct part_parsing *p, const char *why)
{
    p->refused = p->refused ? p->refused : why;
    XML_StopParser(p->parser, XML_FALSE);
}

static int goes_on(struct part_parsing *p)
{
    if (p->handler->stopped(p->ctx))
        XML_StopParser(p->parser, XML_FALSE);
    return !p->handler->stopped(p->ctx) && !p->refused;
}

static void on_begin(void *ctx, const char *name, const char **attribute)
{
    struct part_parsing *p = ctx;
    if (++p->depth > XLSX_DEPTH)
        refuse_part(p, "elements are too deep inside each other");
    if (goes_on(p))
        p->handler->begin(p->ctx, without_prefix(name), (const char *const *)attribute);
}

static void on_end(void *ctx, const char *name)
{
    struct part_parsing *p = ctx;
    p->depth--;
    if (goes_on(p))
        p->handler->end(p->ctx, without_prefix(name));
}

static void on_text(void *ctx, const char *text, int n)
{
    struct part_parsing *p = ctx;
    if (goes_on(p) && p->handler->text)
        p->handler->text(p->ctx, text, (size_t)n);
}

/* Entities of a file's own are how small files become large. */
static void on_doctype(void *ctx, const char *name, const char *system, const char *public, int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    refuse_part(ctx, "it has a DOCTYPE, which no workbook has");
}

static int feed_part(struct part_parsing *p, struct archive_reader *a, const char *path, const char *part,
                     uint64_t size, struct err *e)
{
    char block[1 << 13];
    uint64_t all = 0, most = size < XLSX_PART_BYTES / XLSX_RATIO ? size * XLSX_RATIO + (1 << 20) : XLSX_PART_BYTES;
    size_t got;
    do {
        if (archive_reader_read(a, block, sizeof block, &got, e))
            return -1;
        all += got;
        if (all > most)
            return err_set(e, ERR_DATA, "%s: %s: unpacks to more than %llu bytes; this is no table", path, part,
                           (unsigned long long)most);
        enum XML_Status status = XML_Parse(p->parser, block, (int)got, got < sizeof block);
        if (p->handler->stopped(p->ctx))
            return -1;
        if (status == XML_STATUS_ERROR && XML_GetErrorCode(p->parser) == XML_ERROR_NO_MEMORY)
            return err_set(e, ERR_NOMEM, "%s: no memory to read it", path);
        if (status == XML_STATUS_ERROR)
            return err_set(e, ERR_DATA, "%s: %s:%lu: %s", path, part,
                           (unsigned long)XML_GetCurrentLineNumber(p->parser),
                           p->refused ? p->refused : XML_ErrorString(XML_GetErrorCode(p->parser)));
    } while (got == sizeof block);
    return 0;
}

int xlsx_parse(struct archive_reader *a, const char *path, const char *part, uint64_t size,
               const struct xlsx_handler *handler, void *ctx, struct err *e)
{
    struct part_parsing p = {.parser = XML_ParserCreate(NULL), .handler = handler, .ctx = ctx};
    if (!p.parser)
        return err_set(e, ERR_NOMEM, "%s: no memory to read it", path);
    XML_SetUserData(p.parser, &p);
    XML_SetElementHandler(p.parser, on_begin, on_end);
    XML_SetCharacterDataHandler(p.parser, on_text);
    XML_SetStartDoctypeDeclHandler(p.parser, on_doctype);
    int bad = feed_part(&p, a, path, part, size, e);
    XML_ParserFree(p.parser);
    return bad;
}
