#include "groups.h"

#include <string.h>

static int (*const groups[])(void) = {
    test_table, test_stats, test_points,   test_exact,  test_compare,  test_effects,  test_forest,
    test_grid,  test_plots, test_learning, test_layout, test_document, test_markdown, test_mishaps,
};

/* `unit_report sizes [FOLDER]`: the pictures of sweeps of all sizes, minutes of gnuplot; they stay in the folder. */
int main(int argc, char **argv)
{
    int failed = 0;
    if (argc > 1 && !strcmp(argv[1], "sizes"))
        return test_layout_of_all_sizes(argc > 2 ? argv[2] : NULL) != 0;
    for (size_t i = 0; i < COUNT(groups); i++)
        failed += groups[i]() != 0;
    return failed != 0;
}
