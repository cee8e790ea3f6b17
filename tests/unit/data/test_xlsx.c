/* Sheets of workbooks: what is read of them, by a program that wrote one and of XML that nobody should write. */
#include "base/file.h"
#include "data/sources/cells.h"
#include "data_test.h"
#include "kernels/kernels.h"
#include "zip_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHEET(rows) "<worksheet><sheetData>" rows "</sheetData></worksheet>"

static int setup(void **state)
{
    struct data_place *p = calloc(1, sizeof *p);
    data_place_make(p, "xlsx");
    set_key(&p->s, "file", "t.xlsx");
    set_key(&p->s, "test_file", "t.xlsx");
    *state = p;
    return 0;
}

static void put_parts(const struct data_place *p, const struct zip_part *part, size_t parts)
{
    static unsigned char zip[1 << 20];
    size_t n = zip_make(zip, sizeof zip, part, parts);
    assert_true(n > 0);
    file_put(p->folder, "t.xlsx", zip, n);
}

static void put_sheet(const struct data_place *p, const char *xml)
{
    struct zip_part part[4];
    zip_workbook(part, xml, strlen(xml));
    put_parts(p, part, 4);
}

static void has_features(const struct dataset *d, size_t features, size_t rows, const float *want)
{
    assert_int_equal(shape_size(data_input(d)->shape), features);
    assert_int_equal(d->n[PART_TRAIN], rows);
    for (size_t i = 0; i < rows * features; i++) {
        float got = field_floats(data_input(d), PART_TRAIN)[i];
        if (isnan(want[i]) ? !isnan(got) : got != want[i])
            fail_msg("value %zu is %g, expected %g", i, (double)got, (double)want[i]);
    }
}

/* tests/support/xlsx_golden.py: dates, booleans, empty cells, a formula, a sheet of another name. */
static void a_workbook_of_openpyxl(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    struct err e = {0};
    size_t n;
    char *bytes = file_read(TEST_SOURCE_DIR "/data/table.xlsx", &n, &e);
    assert_non_null(bytes);
    file_put(p->folder, "t.xlsx", bytes, n);
    free(bytes);
    refused(&p->s, ERR_USAGE, "no column is left beside the target 'nothing to learn from'");
    set_key(&p->s, "sheet", "trees & more");
    set_key(&p->s, "target", "species");
    set_key(&p->s, "drop", "note");
    loads(&p->s, &d);
    has_features(&d, 6, 5,
                 (const float[]){21.5f,
                                 45351,
                                 1,
                                 0,
                                 7,
                                 1, /* 29 February 2024 */
                                 (float)(1 / 3.0),
                                 36525.5f,
                                 0,
                                 1,
                                 12,
                                 2, /* noon */
                                 NAN,
                                 61,
                                 1,
                                 0,
                                 7,
                                 3,
                                 -0.25f,
                                 36526,
                                 1,
                                 0,
                                 1000000,
                                 4,
                                 2,
                                 36527,
                                 0,
                                 1,
                                 3,
                                 5});
    assert_string_equal(data_target(&d)->class_name[2], "pine");
    has_text(d.told, "t.xlsx: 10 rows and 7 columns;", "seen: numbers; dates, as days since 1899-12-30",
             "evergreen: 2 categories, a feature each: false, true", "not used: note");
    dataset_release(&d);
    set_key(&p->s, "drop", "");
    loads(&p->s, &d); /* texts with letters beyond ASCII, entities and a line end */
    has_text(d.told, "note: 3 categories", "so-called \xe2\x80\x9c<tall>\xe2\x80\x9d & dark", "two lines");
    dataset_release(&d);
    set_key(&p->s, "sheet", "2");
    loads(&p->s, &d);
    dataset_release(&d);
    set_key(&p->s, "sheet", "trees");
    refused(&p->s, ERR_USAGE, "data.sheet: ", "t.xlsx has no sheet 'trees'; it has 2, the first is 'notes'");
    set_key(&p->s, "sheet", "3");
    refused(&p->s, ERR_USAGE, "no sheet '3'");
}

static void cells_of_every_kind(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    struct zip_part part[4];
    static const char xml[] =
        SHEET("<row><c t='inlineStr'><is><t>a</t><rPh><t>no</t></rPh></is></c><c t='str'><v>b</v></c><c "
              "t='inlineStr'><is><t>y</t></is></c></row>"
              "<row r='4'><c r='A4'><v>1.5E-2</v></c><c r='B4' t='b'><v>1</v></c><c r='C4' t='s'><v>1</v></c></row>"
              "<row r='5'/><row r='6'><c r='D6'/></row>"
              "<row r='9'><c r='A9'><f>A4</f><v>-3</v></c><c r='B9' t='e'><v>#N/A</v></c><c r='C9' t='s'><v>0</v></c>"
              "</row><x:row xmlns:x='m' r='10'><x:c r='C10' t='s'><x:v>0</x:v></x:c></x:row>");
    zip_workbook(part, xml, sizeof xml - 1);
    put_parts(p, part, 4);
    loads(&p->s, &d);
    has_features(&d, 3, 3, (const float[]){0.015f, 0, 1, -3, 1, 0, NAN, 1, 0}); /* (missing), true */
    assert_string_equal(data_target(&d)->class_name[0], "one");
    assert_string_equal(data_target(&d)->class_name[1], "zero");
    has_text(d.told, "6 rows and 3 columns", "a: numbers; 2 missing",
             "b: 2 categories, a feature each: (missing), true");
    dataset_release(&d);
    set_key(&p->s, "skip", "3");
    set_key(&p->s, "header", "no");
    set_key(&p->s, "target", "3");
    loads(&p->s, &d);
    assert_int_equal(d.n[PART_TRAIN], 3);
    dataset_release(&d);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *sheet, *said;
    } row[] = {
        {SHEET("<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row>"),
         "t.xlsx:2: has 3 cells, expected 2 as in the first row"},
        {SHEET("<row><c><v>1</v></c><c t='s'><v>2</v></c></row>"),
         "t.xlsx:1: column 2: a text is meant that xl/sharedStrings.xml does not have"},
        {SHEET("<row r='3'><c r='B3'><v>1</v></c><c r='A3'><v>2</v></c></row>"),
         "t.xlsx:3: column 1: the cells of a row are not in order"},
        {SHEET("<row r='3'></row><row r='2'></row>"), "the rows are not in order"},
        {SHEET("<row r='1048577'></row>"), "the rows are not in order, or too many"},
        {SHEET("<row r='7'><c r='XFE7'><v>1</v></c></row>"), "t.xlsx:7: column 1: a cell says a place"},
        {SHEET("<row r='7'><c r='7'><v>1</v></c></row>"), "t.xlsx:7: column 1: a cell says a place"},
        {"<worksheet><sheetData><row>", "t.xlsx: xl/worksheets/s.xml:1: no element found"},
        {"<worksheet>\n<a></b>", "t.xlsx: xl/worksheets/s.xml:2: mismatched tag"},
        {"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><worksheet>&a;</worksheet>", "it has a DOCTYPE, which no workbook has"},
        {SHEET(""), "t.xlsx: is empty, expected a table"},
    };
    struct data_place *p = *state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        put_sheet(p, row[i].sheet);
        refused(&p->s, ERR_DATA, row[i].said);
    }
    char *deep = calloc(1, 4096);
    for (int i = 0; i < 200; i++)
        strcat(deep, "<a>");
    put_sheet(p, deep);
    refused(&p->s, ERR_DATA, "elements are too deep inside each other");
    free(deep);
}

static void what_is_no_workbook_is_refused(void **state)
{
    struct data_place *p = *state;
    struct zip_part part[5];
    file_put(p->folder, "t.xlsx", "a,b\n1,2\n", 8);
    refused(&p->s, ERR_DATA, "t.xlsx: is no sound archive: ");
    zip_workbook(part, "<a/>", 4);
    put_parts(p, part, 3);
    refused(&p->s, ERR_DATA, "t.xlsx: has no xl/worksheets/s.xml");
    put_parts(p, part + 1, 3);
    refused(&p->s, ERR_DATA, "t.xlsx: has no xl/workbook.xml: it is no workbook of the kind .xlsx");
    part[4] = part[0];
    put_parts(p, part, 5);
    refused(&p->s, ERR_DATA, "t.xlsx: has xl/workbook.xml twice");
    static unsigned char zip[4096];
    size_t n = zip_make(zip, sizeof zip, part, 4);
    file_put(p->folder, "t.xlsx", zip, n / 2); /* without its directory */
    refused(&p->s, ERR_DATA, "t.xlsx: ");
    zip[400] ^= 1; /* the checksum is another */
    file_put(p->folder, "t.xlsx", zip, n);
    refused(&p->s, ERR_DATA, "t.xlsx: ");
}

/* Zeros unpack to a thousand times their size; here blanks inside a sheet, which are XML. */
static void a_bomb_is_refused(void **state)
{
    struct data_place *p = *state;
    char path[128], command[512];
    if (system("command -v python3 >/dev/null"))
        skip();
    snprintf(path, sizeof path, "%s/t.xlsx", p->folder);
    snprintf(command, sizeof command,
             "python3 -c \"import zipfile; z = zipfile.ZipFile('%s', 'w', zipfile.ZIP_DEFLATED, compresslevel=9); "
             "z.writestr('xl/workbook.xml', '<w><sheet name=\\'a\\' id=\\'r\\'/></w>'); "
             "z.writestr('xl/_rels/workbook.xml.rels', '<r><Relationship Id=\\'r\\' Target=\\'s.xml\\'/></r>'); "
             "z.writestr('xl/s.xml', '<s>' + ' ' * 30000000 + '</s>'); z.close()\"",
             path);
    assert_int_equal(system(command), 0);
    refused(&p->s, ERR_DATA, "t.xlsx: xl/s.xml: unpacks to more than ");
}

int run_xlsx_tests(void)
{
#define OF_A_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, data_place_teardown)
    const struct CMUnitTest tests[] = {
        OF_A_PLACE(a_workbook_of_openpyxl),
        OF_A_PLACE(cells_of_every_kind),
        OF_A_PLACE(what_is_wrong_is_told_with_its_place),
        OF_A_PLACE(what_is_no_workbook_is_refused),
        OF_A_PLACE(a_bomb_is_refused),
    };
    return cmocka_run_group_tests_name("xlsx", tests, NULL, NULL);
}
