/* fuzz.h - what the fuzz targets share. A target is tests/fuzz/NAME.c with LLVMFuzzerTestOneInput; its inputs are the
 * files of tests/fuzz/corpus/NAME. Linked with libFuzzer (option SWEEP_FUZZ, clang) it makes new ones; linked with
 * replay.c it tries those that there are, as a test of the suite. A target ends the process on a broken promise. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The path of a file with these bytes; the same file in every call of a process. */
const char *fuzz_file(const void *bytes, size_t n);

/* assert that no build type leaves out, and that says more. */
#define PROMISE(holds)                                                                                                 \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #holds);                                \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
