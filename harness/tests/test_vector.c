/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"
#include "vector.h"

/* Just what a vector must have. */
static const char schema[] =
    "{\"type\": \"object\", \"required\": [\"id\", \"steps\"],"
    " \"properties\": {\"id\": {\"type\": \"string\"},"
    " \"steps\": {\"type\": \"array\", \"items\": {\"type\": \"object\","
    " \"properties\": {\"sector\": {\"type\": \"integer\", \"minimum\": 0}"
    "}}}}}";

static struct rig_vectors vectors;
static char err[1024];

static int load(void **state)
{
    const struct scratch *s = *state;

    scratch_write(s, "schema.json", schema);
    return rig_vectors_load(&vectors, s->dir, err, sizeof(err));
}

static void expect_error(void **state, const char *expected)
{
    assert_int_equal(load(state), -1);
    if (!strstr(err, expected))
        fail_msg("expected \"%s\" in \"%s\"", expected, err);
    assert_null(strchr(err, '\n'));
    assert_int_equal(vectors.count, 0);
}

static void test_loads_folders_in_order_of_ids(void **state)
{
    const struct scratch *s = *state;

    scratch_write(s, "driver/b/c.json", "{\"id\": \"b/c\", \"steps\": []}");
    scratch_write(s, "driver/b.json", "{\"id\": \"b\", \"steps\": [{}]}");
    scratch_write(s, "driver/a/z.json", "{\"id\": \"a/z\", \"steps\": []}");
    scratch_write(s, "driver/README.md", "no vector");
    scratch_write(s, "driver/.hidden.json", "nor this");
    if (load(state))
        fail_msg("%s", err);
    assert_int_equal(vectors.count, 3);
    assert_string_equal(vectors.list[0].id, "a/z");
    assert_string_equal(vectors.list[1].id, "b");
    assert_string_equal(vectors.list[2].id, "b/c");
    assert_int_equal(json_array_size(vectors.list[1].steps), 1);
    assert_non_null(strstr(vectors.list[2].path, "/driver/b/c.json"));
    rig_vectors_free(&vectors);
}

static void test_schema_error_has_file_line_and_place(void **state)
{
    scratch_write(*state, "driver/x.json",
                  "{\n \"id\": \"x\",\n \"steps\": [\n  {},\n  {},\n"
                  "  {\"sector\": \"a\"}\n ]\n}\n");
    expect_error(state, "/driver/x.json:6: steps[2].sector: "
                        "expected integer >= 0, found string \"a\"");
}

static void test_missing_member_has_the_line_of_its_object(void **state)
{
    scratch_write(*state, "driver/x.json", "\n\n{\"id\": \"x\"}");
    expect_error(state, "/driver/x.json:3: steps: required, but missing");
}

static void test_syntax_error_has_its_line(void **state)
{
    scratch_write(*state, "driver/x.json", "{\n\"id\": \"x\",\n}");
    expect_error(state, "/driver/x.json:3: not JSON: ");
}

static void test_duplicate_key_is_an_error(void **state)
{
    scratch_write(*state, "driver/x.json",
                  "{\n\"id\": \"x\",\n\"id\": \"x\", \"steps\": []}");
    expect_error(state, "/driver/x.json:3: not JSON: duplicate object key");
}

static void test_id_must_be_the_path(void **state)
{
    scratch_write(*state, "driver/a/x.json",
                  "{\n\"id\": \"a/y\", \"steps\": []}");
    expect_error(state, "/driver/a/x.json:2: id: expected \"a/x\" as the path "
                        "says, found \"a/y\"");
}

static void test_no_vector_at_all_is_an_error(void **state)
{
    expect_error(state, "/driver: No such file or directory");
    scratch_write(*state, "driver/README.md", "");
    expect_error(state, "/driver: no vector in there");
}

static void test_endless_folders_are_an_error(void **state)
{
    const struct scratch *s = *state;

    scratch_write(s, "driver/README.md", "");
    assert_int_equal(symlink(".", scratch_path(s, "driver/self")), 0);
    expect_error(state, "folders nested too deeply");
}

static void test_broken_schema_is_an_error(void **state)
{
    const struct scratch *s = *state;

    scratch_write(s, "driver/x.json", "{\"id\": \"x\", \"steps\": []}");
    scratch_write(s, "schema.json", "{\n\"type\": \"object\",\n\"allOf\": []}");
    assert_int_equal(rig_vectors_load(&vectors, s->dir, err, sizeof(err)), -1);
    assert_non_null(strstr(err, "/schema.json:3: /allOf: a keyword that is "
                                "not supported here"));
}

static int matches(const char *id, const char *pattern)
{
    char copy[64], *list[] = {copy};

    strcpy(copy, pattern);
    return rig_vector_matches(id, list, 1);
}

static void test_patterns(void **state)
{
    (void)state;
    assert_true(rig_vector_matches("a/b", NULL, 0));
    assert_true(matches("a/b", "a/b"));
    assert_true(matches("a/b/c", "a*"));
    assert_true(matches("a/b/c", "*c"));
    assert_true(matches("a/b", "a/?"));
    assert_false(matches("a/b", "a"));
    assert_false(matches("a/b", "A/b"));
}

static void test_dir_comes_from_the_environment_first(void **state)
{
    (void)state;
    setenv("RINGTRUE_VECTORS", "/some/where", 1);
    assert_string_equal(rig_vectors_dir(), "/some/where");
    unsetenv("RINGTRUE_VECTORS");
    assert_string_equal(rig_vectors_dir(), RINGTRUE_SOURCE_VECTORS);
}

static void test_our_own_vectors_load(void **state)
{
    (void)state;
    if (rig_vectors_load(&vectors, RINGTRUE_SOURCE_VECTORS, err, sizeof(err)))
        fail_msg("%s", err);
    rig_vectors_free(&vectors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_loads_folders_in_order_of_ids),
        SCRATCH_TEST(test_schema_error_has_file_line_and_place),
        SCRATCH_TEST(test_missing_member_has_the_line_of_its_object),
        SCRATCH_TEST(test_syntax_error_has_its_line),
        SCRATCH_TEST(test_duplicate_key_is_an_error),
        SCRATCH_TEST(test_id_must_be_the_path),
        SCRATCH_TEST(test_no_vector_at_all_is_an_error),
        SCRATCH_TEST(test_endless_folders_are_an_error),
        SCRATCH_TEST(test_broken_schema_is_an_error),
        cmocka_unit_test(test_our_own_vectors_load),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_dir_comes_from_the_environment_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
