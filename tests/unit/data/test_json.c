/* JSON files: they are read as the same table in CSV is, and what is wrong is refused with its line. */
#include "data/sources/cells.h"
#include "data_test.h"
#include "mishap.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    struct data_place *p = calloc(1, sizeof *p);
    data_place_make(p, "json");
    set_key(&p->s, "file", "t.json");
    set_key(&p->s, "test_file", "t.json");
    *state = p;
    return 0;
}

static void put_json(const struct data_place *p, const char *text)
{
    file_put(p->folder, "t.json", text, strlen(text));
}

/* Whatever the spelling of the same objects, the table is the same. */
static void objects_become_rows(void **state)
{
    static const char *const spellings[] = {
        "[{\"size\": 1, \"colour\": \"red\", \"tame\": true, \"kind\": \"b\"},\n"
        " {\"size\": 2.5, \"colour\": \"blue\", \"tame\": false, \"kind\": \"a\"},\n"
        " {\"size\": null, \"colour\": \"red\", \"tame\": true, \"kind\": \"b\"}]\n",
        "{\"size\":1,\"colour\":\"red\",\"tame\":true,\"kind\":\"b\"}\r\n"
        "{\"kind\":\"a\",\"tame\":false,\"size\":2.5,\"colour\":\"\\u0062lue\"}\n\n"
        "{\"colour\":\"red\",\"tame\":true,\"kind\":\"b\"}",
        "\xef\xbb\xbf {\"size\": \"1\", \"colour\": \"red\", \"tame\": \"true\", \"kind\": \"b\"}"
        "{\"size\": 25e-1, \"colour\":\n\"blue\", \"tame\": \"false\", \"kind\": \"a\"} "
        "{\"size\": \"NA\", \"colour\": \"red\", \"tame\": true, \"kind\": \"b\"}",
    };
    static const float want[] = {1, 0, 1, 0, 1, 2.5f, 1, 0, 1, 0, NAN, 0, 1, 0, 1};
    struct data_place *p = *state;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct dataset d;
        put_json(p, spellings[i]);
        loads(&p->s, &d);
        assert_true(d.n[PART_TRAIN] == 3 && shape_size(data_input(&d)->shape) == 5 && data_classes(&d) == 2);
        for (size_t k = 0; k < 15; k++) {
            float got = field_floats(data_input(&d), PART_TRAIN)[k];
            if (isnan(want[k]) ? !isnan(got) : got != want[k])
                fail_msg("spelling %zu: value %zu is %g, expected %g", i, k, (double)got, (double)want[k]);
        }
        assert_memory_equal(classes_of(&d, PART_TRAIN), ((uint8_t[]){1, 0, 1}), 3);
        has_text(d.told, "t.json: 6 rows and 4 columns;", "kind: the target, 2 classes: a 1, b 2",
                 "size: numbers; 2 missing (mean)", "tame: 2 categories, a feature each: false, true");
        dataset_release(&d);
    }
}

static void columns_are_known_by_the_names_in_all_objects(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put_json(p,
             "{\"y\": 0, \"a\": 1}\n{\"y\": 1, \"b\": {\"deep\": [1, 2]}, \"a\": 2}\n{\"y\": 0, \"c\": 12345678901}\n");
    set_key(&p->s, "target", "y");
    set_key(&p->s, "drop", "b");
    loads(&p->s, &d);
    assert_int_equal(shape_size(data_input(&d)->shape), 2);
    const float *x = field_floats(data_input(&d), PART_TRAIN);
    assert_true(x[0] == 1 && isnan(x[1]) && x[2] == 2 && isnan(x[4]) && x[5] == 12345678901.0f);
    dataset_release(&d);
    set_key(&p->s, "drop", "");
    loads(&p->s, &d);
    has_text(d.told, "b: 2 categories, a feature each: (missing), {\"deep\":[1,2]}");
    dataset_release(&d);
    set_key(&p->s, "test_file", "test.json");
    file_put(p->folder, "test.json", "[{\"c\": 3, \"y\": 1}]", 18);
    loads(&p->s, &d);
    assert_true(d.n[PART_TEST] == 1 && classes_of(&d, PART_TEST)[0] == 1);
    dataset_release(&d);
    file_put(p->folder, "test.json", "[{\"c\": 3,\n\"z\": 1}]", 18);
    refused(&p->s, ERR_DATA, "/test.json:1: has a value called 'z', which no object of the first file has");
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    static const struct {
        const char *text, *says;
    } row[] = {
        {"", "/t.json: is empty, expected a table"},
        {"[]", "/t.json: is empty, expected a table"},
        {"\n  5", "/t.json:2: '5' stands where an object { } or an array [ ] of objects is expected"},
        {"[\n[1, 2]]", "/t.json:2: '[' stands where an object { } is expected"},
        {"{\"a\": 1, \"b\": 2}\n{\"a\": 1,\n\"b\" 2}", "/t.json:3: is not JSON: ':' expected near '2'"},
        {"{\"a\": 1, \"b\": 2}\n\n{\"a\": 1, \"a\": 2}", "/t.json:3: is not JSON: duplicate object key near '\"a\"'"},
        {"{\"a\": 1, \"b\": 2}, {\"a\": 1}", "/t.json:1: ',' stands where an object { } is expected"},
        {"[{\"a\": 1, \"b\": 2}\n{\"a\": 1}]", "/t.json:2: '{' stands where ',' or ']' is expected"},
        {"[{\"a\": 1, \"b\": 2},]", "/t.json:1: ']' stands where an object { } is expected"},
        {"[{\"a\": 1, \"b\": 2}] 1", "/t.json:1: '1' stands where the end of the file is expected"},
        {"[{\"a\": 1, \"b\": 2}\n", "/t.json:2: ends within its array"},
        {"{\"a\": 1, \"b\": \"}\n", "/t.json:2: ends within an object"},
        {"{\"a\": 1, \"b\": 2]\n", "is not JSON"},
        {"{\"a\": \"\xe9\", \"b\": 2}\n", "/t.json:1: is not JSON: unable to decode byte 0xe9"},
        {"{\"a\": \"\\u0000\", \"b\": 2}\n", "/t.json:1: is not JSON: \\u0000 is not allowed"},
        {"{\"a\": 123456789012345678901, \"b\": 2}\n", "/t.json:1: is not JSON: too big integer"},
        {"{\"a\": NaN, \"b\": 2}\n", "/t.json:1: is not JSON: invalid token near 'NaN'"},
        {"{\"a\": 1e39, \"b\": 2}\n{\"a\": 1, \"b\": 3}",
         "/t.json:1: column 1 (a): 1e39 is larger than a float can be"},
        {"{\"a\": 1, \"b\": 0}\n{\"a\": 2}", "/t.json:2: column 2 (b): the target is missing"},
        {"{\"a\": 1, \"b\": 0}\n{\"a\": 2, \"b\": 0}", "column 'b' has the same value in all rows"},
        {"\xff\xfe{", "/t.json:1: '?' stands where an object"},
    };
    struct data_place *p = *state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        put_json(p, row[i].text);
        refused(&p->s, ERR_DATA, row[i].says);
    }
    set_key(&p->s, "file", "");
    refused(&p->s, ERR_USAGE, "data.file: json wants the name of its file");
}

static void what_has_no_end_is_refused(void **state)
{
    struct data_place *p = *state;
    size_t n = JSON_OBJECT_BYTES + 20000;
    char *text = malloc(n);
    memset(text, '[', n);
    memcpy(text, "{\"a\":", 5);
    file_put(p->folder, "t.json", text, n);
    refused(&p->s, ERR_DATA, "/t.json:1: an object of more than 16777216 bytes; is its brace closed?");
    memset(text + 5, ' ', n - 5);
    memset(text + 5, '[', 5000);
    memset(text + 5005, ']', 5000);
    text[10005] = '}';
    file_put(p->folder, "t.json", text, 10006);
    refused(&p->s, ERR_DATA, "/t.json:1: is not JSON: maximum parsing depth reached");
    free(text);
}

/* ---- beside CSV -------------------------------------------------------------------------------------------------- */

static int note_cell(void *ctx, size_t column, const char *text, size_t n, size_t line, struct err *e)
{
    (void)column, (void)line, (void)e;
    str_addn(ctx, text, n);
    str_add(ctx, "\1");
    return 0;
}

static int note_row(void *ctx, size_t columns, size_t line, struct err *e)
{
    (void)line, (void)e;
    str_addf(ctx, "%zu\2", columns);
    return 0;
}

static const struct cells_how noting = {.delimiter = ',', .cell = note_cell, .row = note_row};

static void the_corpus_reads_alike_in_both(void **state)
{
    const char *spectrum = test_data("csv-spectrum");
    int n = 0;
    (void)state;
    if (!spectrum)
        skip();
    char root[400], path[2][700];
    snprintf(root, sizeof root, "%s/csvs", spectrum);
    DIR *folder = opendir(root);
    assert_non_null(folder);
    for (struct dirent *f; (f = readdir(folder));) {
        struct str text[2] = {{0}, {0}};
        struct err e = {0};
        if (!str_ends(f->d_name, ".csv"))
            continue;
        snprintf(path[0], sizeof path[0], "%s/%s", root, f->d_name);
        snprintf(path[1], sizeof path[1], "%s/../json/%.*s.json", root, (int)strlen(f->d_name) - 4, f->d_name);
        if (cells_read(path[0], &noting, &text[0], &e) || json_cells_read(path[1], &noting, &text[1], &e))
            fail_msg("%s", e.text);
        if (strcmp(text[0].p, text[1].p) != 0)
            fail_msg("%s:\n%s\n%s", f->d_name, text[0].p, text[1].p);
        str_release(&text[0]);
        str_release(&text[1]);
        n++;
    }
    closedir(folder);
    assert_int_equal(n, 11);
}

/* titanic.csv, written as JSON cell by cell. */
struct json_writer {
    FILE *f;
    char name[16][64];
    size_t row;
};

static int write_member(void *ctx, size_t column, const char *text, size_t n, size_t line, struct err *e)
{
    struct json_writer *w = ctx;
    (void)n, (void)line, (void)e;
    if (!w->row) {
        snprintf(w->name[column], sizeof w->name[column], "%s", text);
        return 0;
    }
    fprintf(w->f, "%s\"%s\": \"", column ? ", " : "{", w->name[column]);
    for (; *text; text++)
        fprintf(w->f, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    fputs("\"", w->f);
    return 0;
}

static int write_object_end(void *ctx, size_t columns, size_t line, struct err *e)
{
    struct json_writer *w = ctx;
    (void)columns, (void)line, (void)e;
    if (w->row++)
        fputs("}\n", w->f);
    return 0;
}

static void a_real_table_is_the_same_in_both(void **state)
{
    static const char *const keys[][2] = {
        {"target", "Survived"}, {"drop", "PassengerId, Name, Ticket, Cabin"}, {"onehot", "Pclass"}};
    struct data_place *p = *state;
    const char *real = test_data("csv-real");
    char csv[512], json[128];
    struct json_writer w = {0};
    struct dataset d[2];
    struct err e = {0};
    if (!real)
        skip();
    snprintf(csv, sizeof csv, "%s/titanic.csv", real);
    snprintf(json, sizeof json, "%s/t.json", p->folder);
    w.f = fopen(json, "w");
    assert_int_equal(
        cells_read(csv, &(struct cells_how){.delimiter = ',', .cell = write_member, .row = write_object_end}, &w, &e),
        0);
    fclose(w.f);
    for (int k = 0; k < 2; k++) {
        struct data_spec s = spec_of(k ? "json" : "csv", "");
        set_key(&s, "file", k ? json : csv);
        for (size_t i = 0; i < 3; i++)
            set_key(&s, keys[i][0], keys[i][1]);
        loads(&s, &d[k]);
    }
    assert_true(d[0].n[0] == d[1].n[0] && d[0].n[1] == d[1].n[1] && d[0].n[0] + d[0].n[1] == 891);
    size_t features = shape_size(data_input(&d[0])->shape);
    assert_int_equal(shape_size(data_input(&d[1])->shape), features);
    for (int part = 0; part < DATA_PARTS; part++) {
        assert_memory_equal(data_input(&d[0])->values[part], data_input(&d[1])->values[part],
                            d[0].n[part] * features * sizeof(float));
        assert_memory_equal(classes_of(&d[0], part), classes_of(&d[1], part), d[0].n[part]);
    }
    assert_string_equal(strchr(d[0].told, ':'), strchr(d[1].told, ':'));
    dataset_release(&d[0]);
    dataset_release(&d[1]);
}

/* ---- calls that fail --------------------------------------------------------------------------------------------- */

static int load_objects(void *ctx, uint64_t *result, struct err *e)
{
    const struct data_place *p = ctx;
    struct dataset d;
    if (dataset_load(&d, &p->s, e))
        return -1;
    *result = result_of(0, d.field[0].values[PART_TRAIN], d.n[PART_TRAIN] * sizeof(float));
    dataset_release(&d);
    return 0;
}

static void what_fails_while_reading_is_told(void **state)
{
    struct data_place *p = *state;
    put_json(p, "[{\"x\": 1, \"c\": \"u\", \"y\": 0}, {\"x\": 2, \"y\": 1}, {\"c\": [\"v\"], \"y\": 1}, {\"y\": 0}]");
    assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){"json", load_objects, p, ERR_NOMEM, 0}) > 10);
}

int run_json_tests(void)
{
#define JSON_TEST(f) cmocka_unit_test_setup_teardown(f, setup, data_place_teardown)
    const struct CMUnitTest tests[] = {
        JSON_TEST(objects_become_rows),
        JSON_TEST(columns_are_known_by_the_names_in_all_objects),
        JSON_TEST(what_is_wrong_is_told_with_its_line),
        JSON_TEST(what_has_no_end_is_refused),
        JSON_TEST(the_corpus_reads_alike_in_both),
        JSON_TEST(a_real_table_is_the_same_in_both),
        JSON_TEST(what_fails_while_reading_is_told),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
