#include "groups.h"
int test_graph(void)
{
    return 0;
}
