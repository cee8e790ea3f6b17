#include "groups.h"
int test_net(void)
{
    return 0;
}
