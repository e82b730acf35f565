/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"
#include "text.h"

static struct capture out;

static void expect_xml(const char *s, bool attribute, const char *expected)
{
    capture_begin(&out);
    rig_text_xml(out.stream, s, attribute);
    assert_string_equal(capture_end(&out), expected);
    free(out.text);
}

static void expect_plain(const char *s, const char *expected)
{
    capture_begin(&out);
    rig_text_plain(out.stream, s);
    assert_string_equal(capture_end(&out), expected);
    free(out.text);
}

static void expect_wrap(const char *s, unsigned indent, unsigned width,
                        const char *expected)
{
    capture_begin(&out);
    rig_text_wrap(out.stream, s, indent, width);
    assert_string_equal(capture_end(&out), expected);
    free(out.text);
}

static void expect_json(const char *s, const char *expected)
{
    json_t *j = rig_text_json(s);

    assert_non_null(j);
    assert_string_equal(json_string_value(j), expected);
    json_decref(j);
}

static void test_utf8_is_decoded_and_nothing_else(void **state)
{
    static const struct {
        const char *s;
        uint32_t c;
        size_t bytes;
    } cases[] = {
        {"a", 'a', 1},
        {"\xc3\xa4", 0xe4, 2},
        {"\xe2\x82\xac", 0x20ac, 3},
        {"\xf0\x9f\x94\x94", 0x1f514, 4},
        {"\xef\xbf\xbd", 0xfffd, 3},
        {"\x80", RIG_TEXT_BAD, 1},             /* continuation alone */
        {"\xc0\xaf", RIG_TEXT_BAD, 1},         /* overlong */
        {"\xe0\x80\xaf", RIG_TEXT_BAD, 1},     /* overlong */
        {"\xed\xa0\x80", RIG_TEXT_BAD, 1},     /* surrogate */
        {"\xf4\x90\x80\x80", RIG_TEXT_BAD, 1}, /* beyond U+10FFFF */
        {"\xe2\x82", RIG_TEXT_BAD, 1},         /* cut off */
        {"\xff", RIG_TEXT_BAD, 1},
    };
    size_t k, bytes;

    (void)state;
    for (k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
        assert_int_equal(rig_text_next(cases[k].s, &bytes), cases[k].c);
        assert_int_equal(bytes, cases[k].bytes);
    }
}

static void test_json_gets_utf8_whatever_comes(void **state)
{
    (void)state;
    expect_json("a\xc3\xa4\n", "a\xc3\xa4\n");
    expect_json("a\xff\xc3", "a\xef\xbf\xbd\xef\xbf\xbd");
    assert_true(json_is_null(rig_text_json(NULL)));
}

static void test_xml_escapes_markup_and_controls(void **state)
{
    (void)state;
    expect_xml("<a b=\"c\">&", false, "&lt;a b=&quot;c&quot;&gt;&amp;");
    expect_xml("1\n2\t3\r", false, "1\n2\t3&#13;");
    expect_xml("1\n2\t3\r", true, "1&#10;2&#9;3&#13;");
    expect_xml("\033[31m\x01", true, "\xef\xbf\xbd[31m\xef\xbf\xbd");
    expect_xml("\xff\xef\xbf\xbf", false, "\xef\xbf\xbd\xef\xbf\xbd");
    expect_xml("\xf0\x9f\x94\x94", false, "\xf0\x9f\x94\x94");
}

static void test_terminal_never_sees_a_control_character(void **state)
{
    (void)state;
    expect_plain("a\033]0;title\007b", "a?]0;title?b");
    expect_plain("a\tb", "a b");
    expect_plain("\xc2\x9b"
                 "31m\xc3\xa4\xff",
                 "?31m\xc3\xa4?");
}

static void test_wrap_fills_lines_and_indents_them(void **state)
{
    (void)state;
    expect_wrap("aa bb  cc\ndd", 2, 7, "aa bb\n  cc dd\n");
    expect_wrap("toolongword x", 2, 7, "toolongword\n  x\n");
    expect_wrap("", 2, 7, "\n");
    /* two bytes, one column */
    expect_wrap("\xc3\xa4\xc3\xa4 bb", 0, 5, "\xc3\xa4\xc3\xa4 bb\n");
}

static void expect_shell(const char *s, const char *expected)
{
    char word[64] = "";

    rig_text_shell(word, sizeof(word), s);
    assert_string_equal(word, expected);
}

static void test_shell_words_are_quoted_where_needed(void **state)
{
    char small[4] = "";

    (void)state;
    expect_shell("./my-driver_1.so", "./my-driver_1.so");
    expect_shell("a b", "'a b'");
    expect_shell("it's", "'it'\\''s'");
    expect_shell("$(x)*", "'$(x)*'");
    expect_shell("", "''");
    rig_text_shell(small, sizeof(small), "abcdef");
    assert_true(strlen(small) < sizeof(small));
}

static void test_one_line_keeps_utf8(void **state)
{
    char s[] = "a\r\nb\xc3\x85\x7f";

    (void)state;
    rig_text_one_line(s);
    assert_string_equal(s, "a  b\xc3\x85 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_is_decoded_and_nothing_else),
        cmocka_unit_test(test_json_gets_utf8_whatever_comes),
        cmocka_unit_test(test_xml_escapes_markup_and_controls),
        cmocka_unit_test(test_terminal_never_sees_a_control_character),
        cmocka_unit_test(test_wrap_fills_lines_and_indents_them),
        cmocka_unit_test(test_shell_words_are_quoted_where_needed),
        cmocka_unit_test(test_one_line_keeps_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
