/* Room for memory, by the files of made-up machines. */
#include "groups.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define MB ((size_t)1 << 20)

static void put(const char *path, const char *text)
{
    struct err e = {0};
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", test_path(path));
    *strrchr(folder, '/') = 0;
    assert_int_equal(file_mkdirs(folder, &e), 0);
    assert_int_equal(file_publish(test_path(path), text, strlen(text), 0, &e), 0);
}

/* What is left when a sixteenth is kept back. */
static size_t of(size_t bytes)
{
    return bytes - bytes / 16;
}

static void memory_and_swap(void **state)
{
    (void)state;
    assert_true(memory_room_at(test_path("nothing")) == SIZE_MAX);
    put("a/proc/meminfo", "MemTotal:       1048576 kB\nMemFree:  5 kB\nSwapTotal:  524288 kB\n");
    assert_true(memory_room_at(test_path("a")) == of(1536 * MB));
    put("a/proc/self/status", "Name:\tsweep\nRssAnon:\t   65536 kB\nRssFile:\t 1 kB\n");
    assert_true(memory_room_at(test_path("a")) == of(1472 * MB));
}

static void control_groups(void **state)
{
    (void)state;
    put("b/proc/meminfo", "MemTotal:       1048576 kB\n");
    put("b/proc/self/cgroup", "3:cpu,memory:/one/two\n2:devices:/x\n0::/three\n");
    assert_true(memory_room_at(test_path("b")) == of(1024 * MB));
    put("b/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("b/sys/fs/cgroup/memory/one/memory.limit_in_bytes", "536870912\n");
    assert_true(memory_room_at(test_path("b")) == of(512 * MB));
    put("b/sys/fs/cgroup/memory/one/two/memory.limit_in_bytes", "805306368\n");
    assert_true(memory_room_at(test_path("b")) == of(512 * MB));
    put("b/sys/fs/cgroup/three/memory.max", "max\n");
    assert_true(memory_room_at(test_path("b")) == of(512 * MB));
    put("b/sys/fs/cgroup/memory.max", "268435456\n");
    assert_true(memory_room_at(test_path("b")) == of(256 * MB));
    put("b/proc/self/status", "RssAnon: 300000 kB\n");
    assert_true(memory_room_at(test_path("b")) == 0);
}

static void here(void **state)
{
    (void)state;
    assert_in_range(memory_room(), MB, SIZE_MAX);
}

int test_memory(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_and_swap),
        cmocka_unit_test(control_groups),
        cmocka_unit_test(here),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
