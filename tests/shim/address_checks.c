/* address_checks.c - what AddressSanitizer calls before a kernel touches memory, linked in front of the functions of
 * the same names in its library, which look at 32 bytes as they look at a megabyte. A byte of the shadow memory says of
 * eight bytes whether all of them may be touched (0), only the first few, or none: where all shadow bytes of an access
 * are 0, there is nothing more to ask. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SHADOW 0x7fff8000u /* where the shadow memory begins on x86-64 */

void *__asan_region_is_poisoned(void *from, size_t size);
void __asan_report_load_n(uintptr_t from, size_t size);
void __asan_report_store_n(uintptr_t from, size_t size);

static inline int is_fine(uintptr_t from, size_t size)
{
    uint64_t shadow;
    size_t bytes = ((from & 7) + size + 7) / 8;
    if (!size || bytes > sizeof shadow)
        return !__asan_region_is_poisoned((void *)from, size);
    memcpy(&shadow, (const void *)((from >> 3) + SHADOW), sizeof shadow);
    return !(shadow << (64 - 8 * bytes)) || !__asan_region_is_poisoned((void *)from, size);
}

void __asan_loadN(uintptr_t from, size_t size);
void __asan_loadN(uintptr_t from, size_t size)
{
    if (!is_fine(from, size))
        __asan_report_load_n(from, size);
}

void __asan_storeN(uintptr_t from, size_t size);
void __asan_storeN(uintptr_t from, size_t size)
{
    if (!is_fine(from, size))
        __asan_report_store_n(from, size);
}

#define ACCESS(SIZE)                                                                                                   \
    void __asan_load##SIZE(uintptr_t from);                                                                            \
    void __asan_load##SIZE(uintptr_t from)                                                                             \
    {                                                                                                                  \
        if (!is_fine(from, SIZE))                                                                                      \
            __asan_report_load_n(from, SIZE);                                                                          \
    }                                                                                                                  \
    void __asan_store##SIZE(uintptr_t from);                                                                           \
    void __asan_store##SIZE(uintptr_t from)                                                                            \
    {                                                                                                                  \
        if (!is_fine(from, SIZE))                                                                                      \
            __asan_report_store_n(from, SIZE);                                                                         \
    }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)
