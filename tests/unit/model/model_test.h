/* model_test.h - what the tests of this folder share. */
#ifndef TESTS_MODEL_TEST_H
#define TESTS_MODEL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/model.h"

int test_safetensors(void);
int test_models(void);
int test_export(void);

/* A temporary file; the same path in every call. */
const char *temporary_path(void);
/* Writes a file of a header with its length and n bytes after it; returns its path. */
const char *put_tensors(const char *header, const void *bytes, size_t n);

/* A network of these layers on an input, with weights that are all different, as a model; in *a, which is made. */
struct model model_of(const char *layers, struct shape in, struct arena *a);

#endif
