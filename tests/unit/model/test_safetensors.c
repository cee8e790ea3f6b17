/* Files of tensors: what is written is read again, and what is damaged, hostile or foreign is refused with the reason.
 */
#include "model_test.h"

#include "mishap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const float numbers[6] = {1, -2.5f, 3e-40f, INFINITY, 0, 7};

static int write_two(int sync, struct err *e)
{
    const struct new_tensor t[] = {
        {"0.weight", 2, {2, 2}, 4, numbers}, {"none", 1, {0}, 0, numbers}, {"0.bias", 1, {2}, 2, numbers + 4}};
    const struct stored_text text[] = {{"format", "pt"}, {"left out", NULL}, {"odd", "a \"b\"\\\n\t\x01 \xc3\xa4"}};
    return tensors_write(temporary_path(), t, 3, text, 3, sync, e);
}

static void what_is_written_is_read(void **state)
{
    struct tensors_file f;
    struct err e = {0};
    (void)state;
    assert_int_equal(write_two(1, &e), 0);
    assert_int_equal(tensors_open(&f, temporary_path(), &e), 0);
    assert_int_equal(f.n, 3);
    assert_int_equal(f.texts, 2);
    assert_string_equal(tensors_text(&f, "odd"), "a \"b\"\\\n\t\x01 \xc3\xa4");
    const struct stored_tensor *t = tensors_find(&f, "0.weight");
    assert_int_equal(t->rank, 2);
    assert_int_equal((uintptr_t)t->bytes % 8, (uintptr_t)f.bytes % 8); /* aligned, as the header is filled up */
    assert_memory_equal(t->bytes, numbers, 16);
    assert_memory_equal(tensors_find(&f, "0.bias")->bytes, numbers + 4, 8);
    assert_null(tensors_find(&f, "1.weight"));
    tensors_close(&f);
}

#define ONE(entry) "{\"a\":{" entry "}}"
#define F32_2 "\"dtype\":\"F32\",\"shape\":[2]"

static const struct {
    const char *header, *says;
    size_t bytes; /* after the header */
} refused[] = {
    {"", "its header is not JSON", 0},
    {"[]", "is not an object of tensors", 0},
    {"{\"a\":1}", "is not described by dtype, shape and data_offsets", 0},
    {ONE(F32_2 ",\"data_offsets\":[0,8]") "x", "its header is not JSON", 8},
    {"{\"a\":{" F32_2 ",\"data_offsets\":[0,8]},\"a\":{" F32_2 ",\"data_offsets\":[8,16]}}", "its header is not JSON",
     16},
    {"{\"a\":{" F32_2 ",\"data_offsets\":[0,8]},\"b\":{" F32_2 ",\"data_offsets\":[4,12]}}", "overlaps another one",
     12},
    {"{\"a\":{" F32_2 ",\"data_offsets\":[0,8]},\"b\":{" F32_2 ",\"data_offsets\":[0,8]}}", "overlaps another one", 8},
    {"{\"a\":{" F32_2 ",\"data_offsets\":[0,8]},\"b\":{" F32_2 ",\"data_offsets\":[12,20]}}", "leaves a gap before it",
     20},
    {ONE(F32_2 ",\"data_offsets\":[0,8]"), "ends at byte 8 of 7: the file is cut off", 7},
    {ONE(F32_2 ",\"data_offsets\":[0,8]"), "goes on after its last tensor", 9},
    {ONE(F32_2 ",\"data_offsets\":[0,4]"), "has 4 bytes, its shape and dtype want 8", 4},
    {ONE(F32_2 ",\"data_offsets\":[8,0]"), "are not where it begins and ends", 8},
    {ONE(F32_2 ",\"data_offsets\":[-1,7]"), "are not where it begins and ends", 8},
    {ONE("\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]"), "has no dtype that is known", 8},
    {ONE("\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4],\"data_offsets\":[0,8]"),
     "more numbers than the file has bytes", 8},
    {ONE("\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]"), "is not a whole number", 8},
    {ONE("\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[0,8]"), "has no shape", 8},
    {"{\"a\\u001b[2J\":{" F32_2 ",\"data_offsets\":[0,8]}}", "has control characters", 8},
    {"{\"\":{" F32_2 ",\"data_offsets\":[0,8]}}", "is empty", 8},
    {"{\"__metadata__\":{\"format\":1}}", "of __metadata__ is not a text", 0},
    {"{\"__metadata__\":[]}", "is not an object of texts", 0},
};

static void expect_refused(const char *path, const char *says)
{
    struct tensors_file f;
    struct err e = {0};
    int bad = tensors_open(&f, path, &e);
    tensors_close(&f);
    if (!bad || !strstr(e.text, says) || e.code != ERR_DATA)
        fail_msg("'%s' does not say '%s'", e.text, says);
    assert_non_null(strstr(e.text, path));
}

static void what_is_damaged_is_refused_with_the_reason(void **state)
{
    static const char zeros[64];
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        expect_refused(put_tensors(refused[i].header, zeros, refused[i].bytes), refused[i].says);
}

static void headers_longer_than_the_file_are_refused(void **state)
{
    static const uint64_t lengths[] = {3, 100000001, UINT64_MAX, UINT64_MAX - 7};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        FILE *f = fopen(temporary_path(), "wb");
        fwrite(&lengths[i], sizeof *lengths, 1, f);
        fputs("{}", f);
        fclose(f);
        expect_refused(temporary_path(), "is no safetensors file, or cut off");
    }
    FILE *f = fopen(temporary_path(), "wb");
    fputs("short", f);
    fclose(f);
    expect_refused(temporary_path(), "begins with the 8 of a length");
}

static void other_kinds_of_numbers_become_floats(void **state)
{
    static const struct {
        const char *dtype;
        unsigned char bytes[16];
        float want[2];
    } kinds[] = {{"F64", {0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0}, {1.5f, -2}},
                 {"F16", {0x00, 0x3e, 0x01, 0x80}, {1.5f, -0x1p-24f}},
                 {"F16", {0x00, 0x7c, 0x00, 0xc4}, {INFINITY, -4}},
                 {"BF16", {0xc0, 0x3f, 0x00, 0xc0}, {1.5f, -2}},
                 {"F32", {0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0}, {1.5f, -2}}};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct tensors_file f;
        struct err e = {0};
        char header[128];
        float got[2];
        size_t n = !strcmp(kinds[i].dtype, "F64") ? 16 : !strcmp(kinds[i].dtype, "F32") ? 8 : 4;
        snprintf(header, sizeof header, "{\"a\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[0,%zu]}}",
                 kinds[i].dtype, n);
        assert_int_equal(tensors_open(&f, put_tensors(header, kinds[i].bytes, n), &e), 0);
        assert_int_equal(tensor_floats(&f, &f.tensor[0], got, &e), 0);
        assert_memory_equal(got, kinds[i].want, sizeof got);
        tensors_close(&f);
    }
}

static void whole_numbers_are_no_weights(void **state)
{
    struct tensors_file f;
    struct err e = {0};
    float got[2];
    (void)state;
    const char *path = put_tensors("{\"a\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[0,8]}}", numbers, 8);
    assert_int_equal(tensors_open(&f, path, &e), 0);
    assert_int_equal(tensor_floats(&f, &f.tensor[0], got, &e), -1);
    assert_non_null(strstr(e.text, "has numbers of type I32, expected F32"));
    tensors_close(&f);
}

static int write_and_read(void *ctx, uint64_t *result, struct err *e)
{
    struct tensors_file f = {0};
    (void)ctx;
    if (write_two(1, e))
        return -1;
    int bad = tensors_open(&f, temporary_path(), e);
    if (!bad)
        *result = result_of(f.n, f.tensor[0].bytes, 16);
    tensors_close(&f);
    return bad;
}

static void calls_that_fail_are_told(void **state)
{
    const struct trying memory = {"tensors written and read", write_and_read, NULL, ERR_NOMEM, 0};
    const struct trying files = {"tensors written and read", write_and_read, NULL, ERR_IO, 1};
    (void)state;
    assert_true(each_call_fails(MISHAP_MEMORY, &memory) > 3);
    assert_true(each_call_fails(MISHAP_FILES, &files) > 3);
}

int test_safetensors(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_damaged_is_refused_with_the_reason),
        cmocka_unit_test(headers_longer_than_the_file_are_refused),
        cmocka_unit_test(other_kinds_of_numbers_become_floats),
        cmocka_unit_test(whole_numbers_are_no_weights),
        cmocka_unit_test(calls_that_fail_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
