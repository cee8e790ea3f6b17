/* cmd_bench.c - measures how fast this machine is, and how near to it the kernels and the networks come. */
#include "cli/command.h"

#include "base/clock.h"
#include "base/file.h"
#include "cli/commands/bench_out.h"
#include "kernels/kernels.h"

#include <stdio.h>

#define NAME REPORT_BENCH /* of the table and of the folder of the picture */

struct bench_sinks {
    int json, keep, failed;
    struct bench_text text;
    struct bench_json document;
    struct bench_file file;
};

static void take_row(void *ctx, const struct bench_row *r)
{
    struct bench_sinks *s = ctx;
    if (s->json)
        bench_json_row(&s->document, r);
    else
        bench_text_row(&s->text, r);
    if (s->keep)
        s->failed |= bench_file_row(&s->file, r) != 0;
}

/* Refuses to write over the table of a sweep that is called bench. */
static int check_place(const char *path, struct err *e)
{
    struct table old;
    struct err unreadable = {0};
    table_init(&old);
    int bad = file_exists(path) && (table_read(&old, path, &unreadable) || !report_is_bench(&old));
    table_release(&old);
    return bad ? err_set(e, ERR_USAGE, "%s is there and no table of a benchmark; name another folder with --out", path)
               : 0;
}

static void print_file_line(void *ctx, const char *line)
{
    const struct bench_sinks *s = ctx;
    fprintf(s->json ? stderr : stdout, "%s\n", line);
}

static int write_files(struct bench_sinks *s, const char *out, const char *path, struct err *e)
{
    char folder[4096];
    int here = !*out || (out[0] == '.' && !out[1]);
    snprintf(folder, sizeof folder, "%s%sresults", here ? "" : out, here ? "" : "/");
    if (s->failed)
        return err_set(e, ERR_NOMEM, "no memory for %s", path);
    if (file_mkdirs(folder, e) || table_write(&s->file.table, path, 1, e))
        return -1;
    if (!s->json)
        printf("\n");
    print_file_line(s, path);
    return report_plots(out, NAME, (struct report_drawing){.at_once = 1}, print_file_line, s, e);
}

int cmd_bench(const struct invocation *in)
{
    struct bench_sinks s = {.json = in->opt.json, .keep = in->opt.out_given, .text = {.f = stdout}};
    struct bench_options o = {
        .word = in->nargs ? in->arg[0] : NULL, .seconds = in->opt.seconds, .row = take_row, .ctx = &s};
    struct err e = {0};
    char path[4096];
    const char *level;
    report_path(path, sizeof path, in->opt.out, NAME, ".csv");
    if (option_level(&in->opt, &level, &e) || bench_check(&o, &e) || (s.keep && check_place(path, &e)))
        return fail(&e);
    o.k = kernels_pick(level);
    s.failed = s.keep && bench_file_begin(&s.file);
    if (s.json)
        bench_json_begin(&s.document, stdout);
    double wall = clock_wall(), own = clock_thread();
    int bad = bench_run(&o, &e);
    double share = (clock_thread() - own) / (clock_wall() - wall);
    if (s.json)
        bench_json_end(&s.document, share);
    else
        bench_text_end(&s.text, share);
    bad = bad || (s.keep && write_files(&s, in->opt.out, path, &e));
    if (s.keep)
        bench_file_release(&s.file);
    return bad ? fail(&e) : STATUS_DONE;
}
