/* replay.c - tries every file of the folders in the command line once: `fuzz_NAME corpus/NAME...`. */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>

static void replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    PROMISE(f && !fseek(f, 0, SEEK_END));
    long n = ftell(f);
    rewind(f);
    uint8_t *bytes = malloc((size_t)n + !n); /* no byte more, so that a sanitizer sees a read after the end */
    PROMISE(bytes && fread(bytes, 1, (size_t)n, f) == (size_t)n);
    fclose(f);
    fprintf(stderr, "%s: %ld bytes\n", path, n);
    LLVMFuzzerTestOneInput(bytes, (size_t)n);
    free(bytes);
}

static int replay_folder(const char *folder)
{
    char path[PATH_MAX];
    int files = 0;
    DIR *d = opendir(folder);
    PROMISE(d);
    for (struct dirent *f; (f = readdir(d));) {
        if (f->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, f->d_name);
        replay_file(path);
        files++;
    }
    closedir(d);
    return files;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!replay_folder(argv[i])) {
            fprintf(stderr, "%s: no file to try\n", argv[i]);
            return 1;
        }
    return argc > 1 ? 0 : 2;
}
