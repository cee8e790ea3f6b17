#include "groups.h"

#include "base/arena.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void check_piece(char *p, size_t n)
{
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % ARENA_ALIGN, 0);
    for (size_t i = 0; i < n; i++)
        if (p[i])
            fail_msg("byte %zu of %zu is %d, not zero", i, n, p[i]);
    memset(p, 0xa5, n); /* dirt for whoever gets it next, and a write the sanitizer sees */
}

static void fixed_is_full_to_the_byte(void **state)
{
    struct arena a;
    (void)state;
    assert_int_equal(arena_init_fixed(&a, 1000), 0);
    assert_null(arena_take(&a, 1001));
    check_piece(arena_take(&a, 1), 1);       /* at 0 */
    check_piece(arena_take(&a, 64), 64);     /* at 64 */
    check_piece(arena_take(&a, 65), 65);     /* at 128 */
    assert_null(arena_take(&a, 1000 - 255)); /* the next is at 256 */
    check_piece(arena_take(&a, 1000 - 256), 1000 - 256);
    assert_null(arena_take(&a, 1));
    assert_null(arena_take(&a, SIZE_MAX));
    assert_null(arena_str(&a, "x"));
    assert_null(arena_fmt(&a, "%d", 1));
    arena_release(&a);
    assert_null(a.chunk);
}

static void fixed_reset_hands_out_zeros_again(void **state)
{
    struct arena a;
    (void)state;
    assert_int_equal(arena_init_fixed(&a, 256), 0);
    char *first = arena_take(&a, 256);
    check_piece(first, 256);
    size_t mark = a.used;
    assert_int_equal(mark, 256);
    arena_reset(&a);
    assert_int_equal(a.used, 0);
    assert_ptr_equal(arena_take(&a, 100), first); /* no new memory */
    check_piece(first, 100);
    a.used = 0; /* a mark taken before */
    check_piece(arena_take(&a, 256), 256);
    arena_release(&a);
}

static void fixed_of_nothing(void **state)
{
    struct arena a;
    (void)state;
    assert_int_equal(arena_init_fixed(&a, 0), 0);
    assert_null(arena_take(&a, 1));
    arena_release(&a);
    assert_int_equal(arena_init_fixed(&a, SIZE_MAX - 8), -1);
    assert_null(arena_take(&a, 1));
    arena_release(&a);
}

static void growing_keeps_what_was_taken(void **state)
{
    enum { N = 3000 };
    static char *piece[N];
    struct arena a;
    (void)state;
    arena_init(&a);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++) {
            size_t n = (size_t)(i * 37 % 500) + 1;
            piece[i] = arena_take(&a, n);
            check_piece(piece[i], n);
            memset(piece[i], i & 0x7f, n);
        }
        char *big = arena_take(&a, 5000000);
        check_piece(big, 5000000);
        for (int i = 0; i < N; i++)
            for (size_t k = 0; k < (size_t)(i * 37 % 500) + 1; k++)
                assert_int_equal(piece[i][k], i & 0x7f);
        arena_reset(&a);
    }
    assert_null(arena_take(&a, SIZE_MAX));
    assert_null(arena_take(&a, SIZE_MAX - 200));
    check_piece(arena_take(&a, 10), 10); /* still works after a refusal */
    arena_release(&a);
    arena_reset(&a);
    arena_release(&a);
}

/* Pages that this process holds. */
static long resident(void)
{
    long all, here = -1;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%ld %ld", &all, &here) != 2)
        here = -1;
    if (f)
        fclose(f);
    return here;
}

static void large_memory_is_held_only_where_it_was_written(void **state)
{
    const size_t n = (size_t)64 << 20, piece = (size_t)8 << 20;
    const long most = (16 << 20) / sysconf(_SC_PAGESIZE);
    struct arena a;
    long before = resident();
    (void)state;
    assert_int_equal(arena_init_fixed(&a, n), 0);
    char *p = arena_take(&a, n);
    assert_non_null(p);
    assert_true(before < 0 || resident() - before < most);
    arena_reset(&a);
    check_piece(arena_take(&a, piece), piece);
    arena_reset(&a);
    assert_ptr_equal(arena_take(&a, piece / 2), p); /* half of what is dirty */
    check_piece(arena_take(&a, piece), piece);      /* the other half, and as much that is clean */
    arena_release(&a);
    assert_true(before < 0 || resident() - before < most / 2);
}

static void texts_are_copies(void **state)
{
    struct arena a;
    char source[] = "conv 3x3";
    (void)state;
    arena_init(&a);
    char *whole = arena_str(&a, source), *part = arena_strn(&a, source, 4), *none = arena_strn(&a, source, 0);
    char *made = arena_fmt(&a, "%s %d %5.2f", source, 12, 0.5);
    memset(source, 'z', sizeof source - 1);
    assert_string_equal(whole, "conv 3x3");
    assert_string_equal(part, "conv");
    assert_string_equal(none, "");
    assert_string_equal(made, "conv 3x3 12  0.50");
    char *wide = arena_fmt(&a, "%*d", 100000, 7); /* longer than a chunk */
    assert_int_equal(strlen(wide), 100000);
    assert_string_equal(arena_fmt(&a, "%s", ""), "");
    arena_release(&a);
}

int test_arena(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_is_full_to_the_byte),
        cmocka_unit_test(fixed_reset_hands_out_zeros_again),
        cmocka_unit_test(fixed_of_nothing),
        cmocka_unit_test(growing_keeps_what_was_taken),
        cmocka_unit_test(large_memory_is_held_only_where_it_was_written),
        cmocka_unit_test(texts_are_copies),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
