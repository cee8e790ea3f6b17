/* keymap.h - 64-bit keys to numbers, open addressing. Zero-initialise; keymap_release frees. */
#ifndef BASE_KEYMAP_H
#define BASE_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

#define KEYMAP_NONE UINT64_MAX

struct keymap {
    struct keymap_slot {
        uint64_t key, value;
    } * slot;
    size_t n, cap; /* cap is a power of two; a slot is free when its value is KEYMAP_NONE */
};

/* The number kept under the key, or KEYMAP_NONE. */
uint64_t keymap_get(const struct keymap *m, uint64_t key);
/* Keeps `value` under the key unless something is there already. 0, or -1 without memory. */
int keymap_put(struct keymap *m, uint64_t key, uint64_t value);
void keymap_release(struct keymap *m);

#endif
