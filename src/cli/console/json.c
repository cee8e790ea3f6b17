/* json.c - writes JSON documents, value by value. */
#include "cli/console/json.h"

#include "base/str.h"

#include <math.h>
#include <string.h>

static void put_json_text(FILE *f, const char *s)
{
    fputc('"', f);
    for (size_t n; *s; s += n ? n : 1) {
        n = str_utf8(s);
        if (!n)
            fputs("\\ufffd", f); /* for what is no UTF-8 */
        else if (*s == '"' || *s == '\\')
            fprintf(f, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            fprintf(f, "\\u%04x", (unsigned)*s);
        else
            fwrite(s, 1, n, f);
    }
    fputc('"', f);
}

/* Writes what comes before a value: a comma, a line of its own for the two outer levels, the name. */
static void put_before(struct json *j, const char *key)
{
    unsigned long long bit = 1ull << j->depth;
    if (j->some & bit)
        fputc(',', j->f);
    if (j->depth && j->depth <= 2)
        fprintf(j->f, "\n%*s", 2 * j->depth, "");
    else if (j->some & bit)
        fputc(' ', j->f);
    j->some |= bit;
    if (key) {
        put_json_text(j->f, key);
        fputs(": ", j->f);
    }
}

void json_open(struct json *j, const char *key, char bracket)
{
    put_before(j, key);
    fputc(bracket, j->f);
    j->depth++;
    j->some &= ~(1ull << j->depth);
}

void json_close(struct json *j, char bracket)
{
    int some = j->some >> j->depth & 1;
    j->depth--;
    if (some && j->depth < 2)
        fprintf(j->f, "\n%*s", 2 * j->depth, "");
    fputc(bracket, j->f);
    if (!j->depth)
        fputc('\n', j->f);
}

void json_text(struct json *j, const char *key, const char *text)
{
    put_before(j, key);
    put_json_text(j->f, text);
}

void json_number(struct json *j, const char *key, double v)
{
    char buf[STR_NUM];
    json_digits(j, key, str_double(buf, v));
}

void json_digits(struct json *j, const char *key, const char *text)
{
    put_before(j, key);
    fputs(text && strpbrk(text, "0123456789") ? text : "null", j->f);
}

void json_cell(struct json *j, const char *key, const char *text)
{
    double v;
    if (*text && (str_to_double(text, &v) || !isfinite(v)))
        json_text(j, key, text);
    else if (*text)
        json_number(j, key, v);
    else
        json_digits(j, key, NULL);
}

void json_begin(struct json *j)
{
    json_open(j, NULL, '{');
    json_text(j, "version", SWEEP_VERSION);
}
