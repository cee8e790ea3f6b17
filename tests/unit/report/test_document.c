#include "groups.h"
#include "report/document/document.h"

#include <stdlib.h>
#include <string.h>

#define HOSTILE "<script>alert(\"1\")</script> & 'x' \\ |`*[a](b)$~\n\x01"

static void written(const struct document *doc, const struct doc_writer *writer, struct str *out)
{
    struct err e = {0};
    str_clear(out);
    if (writer->write(doc, out, &e) || out->failed)
        fail_msg("%s: %s", writer->word.name, e.text);
}

static void has_part(const struct str *s, const char *part)
{
    if (!strstr(s->p, part))
        fail_msg("'%s' is missing in:\n%s", part, s->p);
}

static void a_writer_shows_every_text_as_it_is(void **state)
{
    static const char html[] = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; \\ |`*[a](b)$~  ";
    static const char markdown[] = "&lt;script>alert(\"1\")&lt;/script> & 'x' \\\\ \\|\\`\\*\\[a\\](b)\\$\\~  ";
    const char *const part[][2] = {{"<h2 id=\"s2\">", "## "}, {"<p>", "\n\n"},        {"<th scope=\"col\">", "| "},
                                   {"<td>", "\n| "},          {"<figcaption>", "!["}, {"<img alt=\"", "!["},
                                   {"<title>", "# "},         {"<strong>", "**"}};
    struct document doc;
    struct str out = {0}, want = {0};
    (void)state;
    doc_init(&doc);
    doc_heading(&doc, 1, "%s", HOSTILE);
    doc_paragraph(&doc, "%s", HOSTILE);
    doc_strong(&doc, HOSTILE);
    doc_heading(&doc, 2, "%s", HOSTILE);
    doc_table(&doc, (const char *const[]){HOSTILE, ""}, 2);
    doc_cell(&doc, "%s", HOSTILE);
    doc_cell(&doc, "%d", 1);
    write_file(test_path("picture.svg"), "<svg/>");
    doc_picture(&doc, "plots/picture", test_path("picture"), HOSTILE);
    for (size_t i = 0; i < COUNT(part); i++) {
        written(&doc, &writer_html, &out);
        str_clear(&want);
        str_addf(&want, "%s%s", part[i][0], html);
        has_part(&out, want.p);
        written(&doc, &writer_markdown, &out);
        str_clear(&want);
        str_addf(&want, "%s%s", part[i][1], markdown);
        has_part(&out, want.p);
    }
    written(&doc, &writer_markdown, &out);
    has_part(&out, "](plots/picture.png)\n\n");
    has_part(&out, "$\\~   | |\n| --- | --- |\n| ");
    written(&doc, &writer_html, &out);
    has_part(&out, "<td class=\"number\">1</td>");
    has_part(&out, "src=\"data:image/svg+xml;base64,PHN2Zy8+\"");
    str_release(&out);
    str_release(&want);
    doc_release(&doc);
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
    static const char *const broken[] = {"\xff", "\xc3(", "\xe2\x82", "\xc2\x85", "\xf5\x80\x80\x80"};
    struct str out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct document doc;
        doc_init(&doc);
        doc_paragraph(&doc, "a%sz", broken[i]);
        written(&doc, &writer_html, &out);
        has_part(&out, "<p>a\xef\xbf\xbd");
        has_part(&out, "z</p>");
        doc_release(&doc);
    }
    str_release(&out);
}

static void a_heading_without_content_leaves_nothing(void **state)
{
    struct document doc;
    struct str out = {0};
    (void)state;
    doc_init(&doc);
    written(&doc, &writer_html, &out);
    has_part(&out, "</html>");
    doc_heading(&doc, 2, "%s", "empty");
    doc_heading(&doc, 2, "%s", "full");
    doc_paragraph(&doc, "%s", "text");
    doc_heading(&doc, 2, "%s", "last");
    written(&doc, &writer_markdown, &out);
    assert_string_equal(out.p, "## full\n\ntext\n\n");
    written(&doc, &writer_html, &out);
    assert_null(strstr(out.p, "empty"));
    assert_null(strstr(out.p, "last"));
    str_release(&out);
    doc_release(&doc);
}

/* A table of names and values has no head, and its first cells name the rows; numbers stand to the right. */
static void tables_say_what_their_cells_are(void **state)
{
    struct document doc;
    struct str out = {0};
    (void)state;
    doc_init(&doc);
    doc_table(&doc, (const char *const[]){"", ""}, 2);
    doc_cell(&doc, "%s", "params");
    doc_cell(&doc, "%d", 12);
    doc_table(&doc, (const char *const[]){"", "number", "mixed"}, 3);
    doc_cell(&doc, "%s", "x");
    doc_cell(&doc, "%s", "-");
    doc_cell(&doc, "%d", 1);
    doc_cell(&doc, "%s", "y");
    doc_cell(&doc, "%s", "98.5 %");
    doc_cell(&doc, "%s", "two");
    written(&doc, &writer_html, &out);
    has_part(&out, "<tbody>\n<tr><th scope=\"row\">params</th><td>12</td></tr>\n</tbody>");
    has_part(&out,
             "<thead>\n<tr><td></td><th scope=\"col\" class=\"number\">number</th><th scope=\"col\">mixed</th></tr>");
    has_part(&out, "<tr><td>x</td><td class=\"number\">-</td><td>1</td></tr>\n");
    has_part(&out, "<tr><td>y</td><td class=\"number\">98.5 %</td><td>two</td></tr>\n");
    str_release(&out);
    doc_release(&doc);
}

/* Drawings of thousands of points are larger than the image, which is taken then, and where there is no drawing. */
static void large_drawings_are_images(void **state)
{
    struct document doc;
    struct str out = {0}, svg = {0};
    struct err e = {0};
    (void)state;
    doc_init(&doc);
    doc_picture(&doc, "p", test_path("raster"), "p");
    assert_int_equal(writer_html.write(&doc, &out, &e), -1);
    assert_non_null(strstr(e.text, "raster.png"));
    write_file(test_path("raster.png"), "png");
    written(&doc, &writer_html, &out);
    has_part(&out, "src=\"data:image/png;base64,cG5n\"");
    for (int i = 0; i < 1100; i++)
        str_addf(&svg, "%1000d", i);
    write_file(test_path("raster.svg"), svg.p);
    written(&doc, &writer_html, &out);
    has_part(&out, "src=\"data:image/png;base64,cG5n\"");
    str_release(&svg);
    str_release(&out);
    doc_release(&doc);
}

static void an_unknown_format_is_refused(void **state)
{
    struct str out = {0};
    struct err e = {0};
    (void)state;
    for (size_t i = 0; report_format(i); i++)
        assert_non_null(report_format(i)->help);
    assert_int_equal(report_text(test_folder(), "x", "pdf", 0, &out, &e), -1);
    assert_int_equal(e.code, ERR_USAGE);
}

int test_document(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_writer_shows_every_text_as_it_is),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
        cmocka_unit_test(a_heading_without_content_leaves_nothing),
        cmocka_unit_test(tables_say_what_their_cells_are),
        cmocka_unit_test(large_drawings_are_images),
        cmocka_unit_test(an_unknown_format_is_refused),
    };
    return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
