/* memory.c - finds out how much memory this process may take: what the machine has free, and the limits of its control
 * group. */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static size_t least_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Returns the number after `name` in a file of "name: number kB" lines, in bytes; `otherwise` where there is none. */
static size_t file_field(const char *root, const char *file, const char *name, size_t otherwise)
{
    char path[512], line[256];
    unsigned long long kb;
    size_t found = otherwise, n = strlen(name);
    snprintf(path, sizeof path, "%s/proc/%s", root, file);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, name, n) && line[n] == ':' && sscanf(line + n + 1, "%llu", &kb) == 1)
            found = kb < SIZE_MAX / 1024 ? (size_t)kb * 1024 : otherwise;
    if (f)
        fclose(f);
    return found;
}

/* Returns the number in a file, SIZE_MAX where there is none ("max"). */
static size_t number_in(const char *path)
{
    unsigned long long n;
    FILE *f = fopen(path, "r");
    size_t found = f && fscanf(f, "%llu", &n) == 1 && n < SIZE_MAX ? (size_t)n : SIZE_MAX;
    if (f)
        fclose(f);
    return found;
}

/* Returns the least limit of a group and those that it is in. Inside a container the path may be one of the world
 * outside; what the container is allowed is then at the top. */
static size_t limit_of(const char *root, const char *hierarchy, const char *file, char *group)
{
    char path[4096];
    size_t limit = SIZE_MAX;
    for (;;) {
        snprintf(path, sizeof path, "%s/sys/fs/cgroup%s%s/%s", root, hierarchy, group, file);
        limit = least_size(limit, number_in(path));
        char *up = strrchr(group, '/');
        if (!up)
            return limit;
        *up = 0;
    }
}

/* Returns the least limit of the control groups. Lines of /proc/self/cgroup are "number:controllers:/path"; version 2
 * has no controllers. */
static size_t control_group(const char *root)
{
    char path[512], line[2048];
    size_t limit = SIZE_MAX;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = 0;
        group[strcspn(group, "\n")] = 0;
        if (!strcmp(controllers, ":"))
            limit = least_size(limit, limit_of(root, "", "memory.max", group));
        else if (strstr(controllers, "memory"))
            limit = least_size(limit, limit_of(root, "/memory", "memory.limit_in_bytes", group));
    }
    if (f)
        fclose(f);
    return limit;
}

static size_t left_of(size_t limit, size_t used)
{
    return limit == SIZE_MAX ? limit : limit > used ? limit - used : 0;
}

static size_t resource_limit(int which, size_t used)
{
    struct rlimit r;
    if (getrlimit(which, &r) || r.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return left_of((size_t)r.rlim_cur, used);
}

static size_t kept_back(size_t room)
{
    return room == SIZE_MAX ? room : room - room / 16;
}

static size_t room_at(const char *root)
{
    size_t memory = file_field(root, "meminfo", "MemTotal", SIZE_MAX),
           swap = file_field(root, "meminfo", "SwapTotal", 0);
    size_t all = memory > SIZE_MAX - swap ? SIZE_MAX : memory + swap;
    return left_of(least_size(all, control_group(root)), file_field(root, "self/status", "RssAnon", 0));
}

size_t memory_room_at(const char *root)
{
    return kept_back(room_at(root));
}

size_t memory_room(void)
{
    size_t room = least_size(room_at(""), resource_limit(RLIMIT_DATA, file_field("", "self/status", "VmData", 0)));
    return kept_back(least_size(room, resource_limit(RLIMIT_AS, file_field("", "self/status", "VmSize", 0))));
}

void memory_allow(size_t bytes)
{
    struct rlimit r;
    size_t used = file_field("", "self/status", "VmSize", 0);
    if (!used || used > SIZE_MAX - bytes || getrlimit(RLIMIT_AS, &r) || r.rlim_cur <= used + bytes)
        return;
    r.rlim_cur = used + bytes;
    setrlimit(RLIMIT_AS, &r);
}
