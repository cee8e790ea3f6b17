#include "search_test.h"

static int (*const groups[])(void) = {test_diagram, test_methods, test_pruning};

int main(void)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        failed += groups[i]() != 0;
    return failed != 0;
}
