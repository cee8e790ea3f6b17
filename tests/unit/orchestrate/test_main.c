#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int test_crew(void);
int test_checkpoint(void);
int test_isolate(void);
int test_journal(void);
int test_planner(void);
int test_queue(void);
int test_mishaps(void);
int test_whole(void);
int test_apart(void);
int test_backbones(void);

int main(void)
{
    return test_journal() + test_planner() + test_queue() + test_crew() + test_checkpoint() + test_isolate() +
           test_mishaps() + test_whole() + test_apart() + test_backbones();
}
