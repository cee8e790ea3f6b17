/* transfer.c - brings one file from one of its mirrors, with libcurl: resumed where it was cut off, never longer than
 * it may be, and with its own name only when its hash is the one that is published. */
#include "base/clock.h"
#include "base/file.h"
#include "base/library.h"
#include "data/fetch/fetch.h"
#include "data/locate.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONNECT_SECONDS 20L
#define REDIRECTS 10L
#define STARTS 10 /* most times that a cut transfer is begun again, each of which has brought some bytes */

struct curl_functions {
    LIBRARY_POINTER(curl_global_init)
    LIBRARY_POINTER(curl_easy_init)
    LIBRARY_POINTER(curl_easy_setopt)
    LIBRARY_POINTER(curl_easy_perform)
    LIBRARY_POINTER(curl_easy_getinfo)
    LIBRARY_POINTER(curl_easy_strerror)
    LIBRARY_POINTER(curl_easy_cleanup)
};
#define ROW(f)                                                                                                         \
    {                                                                                                                  \
        LIBRARY_ROW(curl_functions, f)                                                                                 \
    }
static const struct library_function curl_rows[] = {
    ROW(curl_global_init),  ROW(curl_easy_init),     ROW(curl_easy_setopt),  ROW(curl_easy_perform),
    ROW(curl_easy_getinfo), ROW(curl_easy_strerror), ROW(curl_easy_cleanup), {NULL, 0}};

struct transfer {
    struct curl_functions curl;
    CURL *handle;
    const struct fetch_file *file;
    const struct fetch_how *how;
    char path[DATA_PATH], part[DATA_PATH + 8];
    char url[1024];
    int fd;         /* of part */
    uint64_t there; /* bytes in it */
    int failed;     /* errno of a write that failed; 0: none did */
    int too_long;   /* the answer goes on after file->bytes */
    double began;
    uint64_t began_at;
    char why[CURL_ERROR_SIZE];
};

static void say(const struct transfer *t, const char *what, const char *why)
{
    char line[2048];
    snprintf(line, sizeof line, "%s: %s%s", t->url, what, why);
    if (t->how->say)
        t->how->say(t->how->ctx, line);
}

/* ---- what curl calls --------------------------------------------------------------------------------------------- */

static size_t take_answer(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t n = size * count;
    if (n > t->file->bytes - t->there) {
        t->too_long = 1;
        return 0;
    }
    t->failed = file_write_all(t->fd, bytes, n);
    t->there += t->failed ? 0 : n;
    return t->failed ? 0 : n;
}

static int tell_progress(void *ctx, curl_off_t all, curl_off_t got, curl_off_t up_all, curl_off_t up)
{
    const struct transfer *t = ctx;
    double seconds = clock_wall() - t->began;
    (void)all, (void)got, (void)up_all, (void)up;
    if (t->how->progress)
        t->how->progress(t->how->ctx,
                         &(struct fetch_progress){t->file->name, t->there, t->file->bytes,
                                                  seconds > 0 ? (double)(t->there - t->began_at) / seconds : 0});
    return 0;
}

/* ---- one answer -------------------------------------------------------------------------------------------------- */

#define SET(option, value) bad = bad || t->curl.curl_easy_setopt(t->handle, option, value)

static int prepare(struct transfer *t, struct err *e)
{
    int bad = 0;
    t->handle = t->curl.curl_easy_init();
    if (!t->handle)
        return err_set(e, ERR_NOMEM, "no memory for a transfer");
    SET(CURLOPT_URL, t->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, REDIRECTS);
    SET(CURLOPT_FAILONERROR, 1L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, "sweep");
    SET(CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)FETCH_SLOW);
    SET(CURLOPT_LOW_SPEED_TIME, (long)t->how->patience);
    SET(CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->there);
    SET(CURLOPT_WRITEFUNCTION, take_answer);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_XFERINFOFUNCTION, tell_progress);
    SET(CURLOPT_XFERINFODATA, t);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_ERRORBUFFER, t->why);
    return bad ? err_set(e, ERR_IO, "libcurl takes no options for %s: %s", t->url, t->why) : 0;
}

/* Why it failed, in words that say what can be done. */
static const char *reason(struct transfer *t, CURLcode code)
{
    long status = 0;
    switch (code) {
    case CURLE_HTTP_RETURNED_ERROR:
        t->curl.curl_easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status);
        snprintf(t->why, sizeof t->why, "answers %ld%s", status,
                 status == 404   ? " (not found)"
                 : status == 403 ? " (forbidden)"
                 : status == 407 ? " (the proxy wants a password: write it into https_proxy)"
                                 : "");
        break;
    case CURLE_COULDNT_RESOLVE_HOST:
        snprintf(t->why, sizeof t->why, "its host is not found: this machine seems to be offline");
        break;
    case CURLE_COULDNT_RESOLVE_PROXY:
        snprintf(t->why, sizeof t->why, "the proxy that the environment names (https_proxy, http_proxy) is not found");
        break;
    case CURLE_OPERATION_TIMEDOUT:
        snprintf(t->why, sizeof t->why, "answers too slowly: less than %d bytes a second for %.0f s", FETCH_SLOW,
                 t->how->patience);
        break;
    default:
        if (t->too_long)
            snprintf(t->why, sizeof t->why, "sends more than the %llu bytes that the file has",
                     (unsigned long long)t->file->bytes);
        else if (!*t->why)
            snprintf(t->why, sizeof t->why, "%s", t->curl.curl_easy_strerror(code));
    }
    return t->why;
}

static int write_failed(struct transfer *t, struct err *e)
{
    return err_set(e, ERR_IO, "%s: cannot write: %s", t->part, file_reason(t->failed));
}

static int begin_anew(struct transfer *t, struct err *e)
{
    t->there = 0;
    if (ftruncate(t->fd, 0) || lseek(t->fd, 0, SEEK_SET) < 0) {
        t->failed = errno;
        return write_failed(t, e);
    }
    return 0;
}

enum outcome { ARRIVED, CUT_OFF, NO_USE };

/* What an answer was good for; with *e: this machine is the reason that it was not. */
static enum outcome judge_answer(struct transfer *t, CURLcode code, uint64_t before, struct err *e)
{
    long status = 0;
    t->curl.curl_easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status);
    if (t->failed)
        write_failed(t, e);
    else if (code == CURLE_OUT_OF_MEMORY)
        err_set(e, ERR_NOMEM, "no memory for a transfer");
    else if (code == CURLE_OK && t->there == t->file->bytes)
        return ARRIVED;
    else if (before && (code == CURLE_RANGE_ERROR || status == 416)) { /* a server that cannot go on in the middle */
        begin_anew(t, e);
        return CUT_OFF;
    } else if (!t->too_long && code != CURLE_OPERATION_TIMEDOUT && t->there > before)
        return CUT_OFF;
    return NO_USE;
}

/* One request for what is still to come. 0, or -1 with *e: this machine is the reason, and no other mirror helps. */
static int request(struct transfer *t, enum outcome *how, struct err *e)
{
    uint64_t before = t->there;
    t->too_long = 0;
    *t->why = 0;
    t->began = clock_wall();
    t->began_at = t->there;
    if (!prepare(t, e)) {
        CURLcode code = t->curl.curl_easy_perform(t->handle);
        *how = judge_answer(t, code, before, e);
        if (code == CURLE_OK && *how != ARRIVED)
            snprintf(t->why, sizeof t->why, "ends after %llu of %llu bytes", (unsigned long long)t->there,
                     (unsigned long long)t->file->bytes);
        else if (code != CURLE_OK)
            reason(t, code);
    }
    if (t->handle)
        t->curl.curl_easy_cleanup(t->handle);
    return e->code ? -1 : 0;
}

/* ---- one mirror -------------------------------------------------------------------------------------------------- */

/* Gives what has arrived its name, if it is what was published. 1: it is not, and is gone. */
static int accept_file(struct transfer *t, struct err *e)
{
    char sum[65];
    if (fetch_sha256(t->part, sum, e))
        return -1;
    if (!strcasecmp(sum, t->file->sha256))
        return file_rename(t->part, t->path, 1, e) ? -1 : 0;
    snprintf(t->why, sizeof t->why, "has the SHA-256 %.16s..., published is %.16s...", sum, t->file->sha256);
    return begin_anew(t, e) ? -1 : 1;
}

/* 0: the file is there; 1: not from this mirror, t->why says why; -1 with *e. */
static int try_mirror(struct transfer *t, struct err *e)
{
    int resumed = t->there > 0;
    for (int start = 0; start < STARTS; start++) {
        enum outcome how = t->there == t->file->bytes ? ARRIVED : NO_USE;
        if (how != ARRIVED && request(t, &how, e))
            return -1;
        if (how == NO_USE && t->too_long)
            return begin_anew(t, e) ? -1 : 1;
        if (how == NO_USE)
            return 1;
        if (how == CUT_OFF) {
            resumed = 1;
            continue;
        }
        int other = accept_file(t, e);
        if (other < 1 || !resumed)
            return other;
        resumed = 0; /* the first part may have been of another file: once more, as a whole */
    }
    return 1;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* Opens what an earlier call has left, or a new file, and keeps others away from it. */
static int open_part(struct transfer *t, struct err *e)
{
    struct stat st;
    t->fd = open(t->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (t->fd < 0)
        return err_set(e, ERR_IO, "%s: cannot open: %s", t->part, file_reason(errno));
    if (flock(t->fd, LOCK_EX | LOCK_NB))
        return err_set(e, ERR_BUSY, "%s: is being fetched by another call", t->path);
    if (fstat(t->fd, &st) || !S_ISREG(st.st_mode))
        return err_set(e, ERR_IO, "%s: is no file", t->part);
    t->there = (uint64_t)st.st_size;
    if (t->there > t->file->bytes)
        return begin_anew(t, e);
    return lseek(t->fd, 0, SEEK_END) < 0 ? err_set(e, ERR_IO, "%s: cannot write: %s", t->part, strerror(errno)) : 0;
}

/* Writes the address of mirror number i; 0: there is none. */
static int spell_url(struct transfer *t, const struct fetch_set *set, int i)
{
    const char *own = t->how->mirror && *t->how->mirror ? t->how->mirror : NULL;
    if (own && i == 0)
        snprintf(t->url, sizeof t->url, "%s%s%s/%s", own, own[strlen(own) - 1] == '/' ? "" : "/", set->name,
                 t->file->name);
    else if (!own && i < FETCH_MIRRORS && t->file->url[i])
        snprintf(t->url, sizeof t->url, "%s%s", t->file->url[i], t->file->name);
    else
        return 0;
    return 1;
}

static int fetch_from_mirrors(struct transfer *t, const struct fetch_set *set, struct err *e)
{
    for (int i = 0; spell_url(t, set, i); i++) {
        int bad = try_mirror(t, e);
        if (bad < 0)
            return -1;
        if (!bad) {
            say(t, "fetched", "");
            return 0;
        }
        say(t, "", t->why);
    }
    if (!t->there)
        unlink(t->part);
    return err_set(e, ERR_IO,
                   "%s: could not be fetched: %s; try again later, or put the file of that name there by hand, or name "
                   "another place with SWEEP_MIRROR",
                   t->path, t->why);
}

int fetch_transfer(const struct fetch_set *set, const struct fetch_file *f, const char *folder,
                   const struct fetch_how *how, struct err *e)
{
    static const char *const files[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
    struct transfer t = {.file = f, .how = how, .fd = -1};
    if (snprintf(t.path, sizeof t.path, "%s/%s", folder, f->name) >= (int)sizeof t.path)
        return err_set(e, ERR_USAGE, "%.100s...: is too long", folder);
    snprintf(t.part, sizeof t.part, "%s.part", t.path);
    int bad = library_load(files, "libcurl4", curl_rows, &t.curl, e) || open_part(&t, e);
    if (!bad && t.curl.curl_global_init(CURL_GLOBAL_DEFAULT))
        bad = err_set(e, ERR_NOMEM, "no memory for a transfer");
    bad = bad || fetch_from_mirrors(&t, set, e);
    if (t.fd >= 0)
        close(t.fd);
    return bad ? -1 : 0;
}
