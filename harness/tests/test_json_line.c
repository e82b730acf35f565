/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "schema.h"

static const char text[] = "{\n"                                    /* 1 */
                           "  \"id\": \"a{[,\\\"\\\\\",\n"          /* 2 */
                           "  \"steps\": [\n"                       /* 3 */
                           "    {\"op\": \"read\"},\n"              /* 4 */
                           "    {\n"                                /* 5 */
                           "      \"op\":\n"                        /* 6 */
                           "        \"write\",\n"                   /* 7 */
                           "      \"list\": [1, [2],\n"             /* 8 */
                           "        3]\n"                           /* 9 */
                           "    }\n"                                /* 10 */
                           "  ],\n"                                 /* 11 */
                           "  \"a/b~c\": true,\n"                   /* 12 */
                           "  \"\\u0061bc\": null, \"0\": -1.5e3\n" /* 13 */
                           "}\n";

static void test_finds_members_and_items(void **state)
{
    (void)state;
    assert_int_equal(rig_json_line(text, ""), 1);
    assert_int_equal(rig_json_line(text, "/id"), 2);
    assert_int_equal(rig_json_line(text, "/steps"), 3);
    assert_int_equal(rig_json_line(text, "/steps/0"), 4);
    assert_int_equal(rig_json_line(text, "/steps/0/op"), 4);
    assert_int_equal(rig_json_line(text, "/steps/1"), 5);
    assert_int_equal(rig_json_line(text, "/steps/1/op"), 7);
    assert_int_equal(rig_json_line(text, "/steps/1/list/1/0"), 8);
    assert_int_equal(rig_json_line(text, "/steps/1/list/2"), 9);
    assert_int_equal(rig_json_line(text, "/0"), 13);
}

static void test_understands_escapes_in_pointer_and_text(void **state)
{
    (void)state;
    assert_int_equal(rig_json_line(text, "/a~1b~0c"), 12);
    assert_int_equal(rig_json_line(text, "/abc"), 13);
}

static void test_missing_member_is_where_its_object_begins(void **state)
{
    (void)state;
    assert_int_equal(rig_json_line(text, "/no"), 1);
    assert_int_equal(rig_json_line(text, "/steps/1/no"), 5);
    assert_int_equal(rig_json_line(text, "/steps/1/no/deeper"), 5);
    assert_int_equal(rig_json_line(text, "/steps/7"), 3);
    assert_int_equal(rig_json_line(text, "/id/x"), 2);
}

static void test_broken_text_is_survived(void **state)
{
    static const char *const broken[] = {"",    "{",        "[",    "{\"a",
                                         "[1,", "{\"a\":",  "\"\\", "]]",
                                         "{,}", "{\"a\" 1", "[\"\\"};
    size_t k;

    (void)state;
    for (k = 0; k < sizeof(broken) / sizeof(*broken); k++) {
        assert_int_equal(rig_json_line(broken[k], "/a/0"), 1);
        assert_int_equal(rig_json_line(broken[k], "/3"), 1);
    }
}

static void expect_path(const char *pointer, const char *expected)
{
    json_t *value = json_loads(text, 0, NULL);
    char path[64];

    assert_non_null(value);
    rig_json_path(value, pointer, path, sizeof(path));
    assert_string_equal(path, expected);
    json_decref(value);
}

static void test_paths_read_like_code(void **state)
{
    (void)state;
    expect_path("", "");
    expect_path("/steps/1/list/2", "steps[1].list[2]");
    expect_path("/steps/0/no", "steps[0].no");
    expect_path("/a~1b~0c", "[\"a/b~c\"]");
    expect_path("/0", "[\"0\"]");
}

static void test_paths_are_cut_at_the_end_of_their_buffer(void **state)
{
    json_t *value = json_object();
    char path[8];

    (void)state;
    rig_json_path(value, "/abcdefgh/ijkl/m", path, sizeof(path));
    assert_string_equal(path, "abcdefg");
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_members_and_items),
        cmocka_unit_test(test_understands_escapes_in_pointer_and_text),
        cmocka_unit_test(test_missing_member_is_where_its_object_begins),
        cmocka_unit_test(test_broken_text_is_survived),
        cmocka_unit_test(test_paths_read_like_code),
        cmocka_unit_test(test_paths_are_cut_at_the_end_of_their_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
