/* class_folders.c lists folders of images. */
#include "data/sources/class_folders.h"

#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

struct name_sorter { /* names of a folder */
    const char **name;
    size_t n, room;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int listing_nomem(const struct class_folders *c, struct err *e)
{
    return err_set(e, ERR_NOMEM, "%s: no memory for its list of files", c->folder);
}

static int add_name(struct class_folders *c, struct name_sorter *to, const char *name, struct err *e)
{
    if (to->n == to->room) {
        size_t room = to->room ? 2 * to->room : 64;
        const char **more = realloc(to->name, room * sizeof *more);
        if (!more)
            return listing_nomem(c, e);
        to->name = more;
        to->room = room;
    }
    to->name[to->n] = arena_str(&c->mem, name);
    return to->name[to->n++] ? 0 : listing_nomem(c, e);
}

/* The names in a folder, sorted; they live in c. */
static int read_names(struct class_folders *c, const char *folder, struct name_sorter *to, struct err *e)
{
    DIR *d = opendir(folder);
    int missing = !d && (errno == ENOENT || errno == ENOTDIR);
    int bad = d ? 0
                : err_set(e, missing ? ERR_DATA : ERR_IO, "%s: %s: %s", folder,
                          missing ? "expected a folder with a folder of images for each class" : "cannot be read",
                          strerror(errno));
    for (struct dirent *f; !bad && (errno = 0, f = readdir(d));)
        if (f->d_name[0] != '.')
            bad = add_name(c, to, f->d_name, e);
    if (!bad && errno)
        bad = err_set(e, ERR_IO, "%s: cannot be read to its end: %s", folder, strerror(errno));
    if (d)
        closedir(d);
    if (!bad && to->n)
        qsort(to->name, to->n, sizeof *to->name, compare_names);
    return bad;
}

static int is_image_name(const char *name)
{
    static const char *const ends[] = {".png", ".pgm", ".ppm", ".pnm"};
    const char *end = strrchr(name, '.');
    for (size_t i = 0; end && i < sizeof ends / sizeof *ends; i++)
        if (!strcasecmp(end, ends[i]))
            return 1;
    return 0;
}

static void pass_over(struct class_folders *c, const char *path)
{
    if (!c->others++)
        c->other = path;
}

static int add_image(struct class_folders *c, const char *path, const struct stat *st, struct err *e)
{
    const int64_t look[] = {st->st_size, st->st_mtim.tv_sec, st->st_mtim.tv_nsec, st->st_ctim.tv_sec,
                            st->st_ctim.tv_nsec};
    if (c->files == c->room) {
        size_t room = c->room ? 2 * c->room : 256;
        struct image_file *more = realloc(c->file, room * sizeof *more);
        if (!more)
            return listing_nomem(c, e);
        c->file = more;
        c->room = room;
    }
    c->file[c->files++] = (struct image_file){path, c->classes, NULL};
    c->state = str_hash(str_hash(c->state, path, strlen(path) + 1), look, sizeof look);
    c->newest = c->newest > st->st_ctim.tv_sec ? c->newest : st->st_ctim.tv_sec;
    return 0;
}

static int add_image_files(struct class_folders *c, const char *folder, const struct name_sorter *names, struct err *e)
{
    for (size_t i = 0; i < names->n; i++) {
        struct stat st;
        const char *path = arena_fmt(&c->mem, "%s/%s", folder, names->name[i]);
        if (!path)
            return listing_nomem(c, e);
        if (!is_image_name(path))
            pass_over(c, path);
        else if (stat(path, &st))
            return err_set(e, ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
        else if (!S_ISREG(st.st_mode))
            pass_over(c, path);
        else if (add_image(c, path, &st, e))
            return -1;
    }
    return 0;
}

static int check_class_name(const char *folder, const char *name, struct err *e)
{
    for (const char *s = name; *s;) {
        size_t letter = (unsigned char)*s < 0x80 ? (unsigned char)*s >= ' ' && *s != 127 : str_utf8(s);
        if (!letter)
            return err_set(e, ERR_DATA,
                           "%s: the name of a folder is not UTF-8 text, or has control characters (byte %02x after "
                           "'%.*s'); a class is called so: rename it",
                           folder, (unsigned char)*s, (int)(s - name), name);
        s += letter;
    }
    return 0;
}

static int list_class(struct class_folders *c, const char *path, const char *name, struct err *e)
{
    struct name_sorter names = {0};
    size_t before = c->files;
    if (check_class_name(c->folder, name, e))
        return -1;
    if (c->classes == DATA_CLASSES)
        return err_set(e, ERR_DATA, "%s: has more than %d folders, each of which is a class", c->folder, DATA_CLASSES);
    int bad = read_names(c, path, &names, e) || add_image_files(c, path, &names, e);
    if (!bad && c->files == before)
        bad = err_set(e, ERR_DATA, "%s: the class has no image, a file .png, .pgm, .ppm or .pnm%s%s%s", path,
                      names.n ? ", but such as '" : "", names.n ? names.name[0] : "", names.n ? "'" : "");
    c->class_name[c->classes++] = name;
    free(names.name);
    return bad ? -1 : 0;
}

int class_folders_list(struct class_folders *c, const char *folder, struct err *e)
{
    struct name_sorter names = {0};
    *c = (struct class_folders){.folder = folder, .state = STR_HASH};
    arena_init(&c->mem);
    int bad = read_names(c, folder, &names, e);
    for (size_t i = 0; !bad && i < names.n; i++) {
        struct stat st;
        const char *path = arena_fmt(&c->mem, "%s/%s", folder, names.name[i]);
        if (!path)
            bad = listing_nomem(c, e);
        else if (stat(path, &st))
            bad = err_set(e, ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
        else if (S_ISDIR(st.st_mode))
            bad = list_class(c, path, names.name[i], e);
        else
            pass_over(c, path);
    }
    free(names.name);
    if (!bad && !c->classes)
        bad = err_set(e, ERR_DATA, "%s: has no folders, expected one of images for each class", folder);
    return bad ? -1 : 0;
}

int image_files_list(struct class_folders *c, const char *folder, struct err *e)
{
    struct name_sorter names = {0};
    *c = (struct class_folders){.folder = folder, .state = STR_HASH};
    arena_init(&c->mem);
    int bad = read_names(c, folder, &names, e) || add_image_files(c, folder, &names, e);
    if (!bad && !c->files)
        bad = err_set(e, ERR_DATA, "%s: has no image, a file .png, .pgm, .ppm or .pnm%s%s%s", folder,
                      names.n ? ", but such as '" : "", names.n ? names.name[0] : "", names.n ? "'" : "");
    c->class_name[c->classes++] = "";
    free(names.name);
    return bad ? -1 : 0;
}

void class_folders_release(struct class_folders *c)
{
    free(c->file);
    arena_release(&c->mem);
    *c = (struct class_folders){0};
}
