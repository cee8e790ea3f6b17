#include "groups.h"

static int (*const groups[])(void) = {
    test_table, test_stats, test_points, test_exact, test_compare, test_effects, test_grid, test_plots, test_markdown,
};

int main(void)
{
    int failed = 0;
    for (size_t i = 0; i < COUNT(groups); i++)
        failed += groups[i]() != 0;
    return failed != 0;
}
