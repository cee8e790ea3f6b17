#include "groups.h"

static int (*const groups[])(void) = {
    test_parse, test_graph,  test_init,    test_layers,    test_golden, test_net,
    test_plan,  test_blocks, test_defined, test_precision, test_pairs,
};

int main(void)
{
    int failed = 0;
    for (size_t i = 0; i < COUNT(groups); i++)
        failed += groups[i]() != 0;
    return failed != 0;
}
