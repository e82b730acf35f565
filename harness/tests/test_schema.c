/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "schema.h"

static struct rig_schema_error err;

/* Single quotes stand for double ones: the tests stay readable. */
static json_t *parse(const char *text)
{
    char copy[2048], *p;
    json_t *j;

    assert_true(strlen(text) < sizeof(copy));
    strcpy(copy, text);
    for (p = copy; (p = strchr(p, '\'')); p++)
        *p = '"';
    j = json_loads(copy, JSON_DECODE_ANY, NULL);
    if (!j)
        fail_msg("not JSON: %s", copy);
    return j;
}

static int check(const char *schema_text, const char *value_text)
{
    json_t *schema = parse(schema_text), *value = parse(value_text);
    int rc = rig_schema_check(schema, schema, value, &err);

    json_decref(schema);
    json_decref(value);
    return rc;
}

static void accept(const char *schema, const char *value)
{
    if (check(schema, value))
        fail_msg("%s refused %s: %s: %s", schema, value, err.pointer,
                 err.expected);
}

static void reject(const char *schema, const char *value, const char *pointer,
                   const char *expected)
{
    if (check(schema, value) == 0)
        fail_msg("%s accepted %s", schema, value);
    assert_string_equal(err.pointer, pointer);
    assert_string_equal(err.expected, expected);
}

static void test_type(void **state)
{
    (void)state;
    accept("{}", "5");
    accept("{'type': 'integer'}", "5");
    accept("{'type': 'number'}", "5");
    accept("{'type': 'number'}", "5.5");
    accept("{'type': 'null'}", "null");
    accept("{'type': 'boolean'}", "false");
    accept("{'type': ['integer', 'string']}", "'x'");
    reject("{'type': 'integer'}", "5.0", "",
           "expected integer, found number 5.0");
    reject("{'type': 'integer'}", "'a'", "",
           "expected integer, found string \"a\"");
    reject("{'type': 'string'}", "null", "", "expected string, found null");
    reject("{'type': 'object'}", "[1]", "",
           "expected object, found array of 1 item");
    reject("{'type': 'array'}", "{}", "", "expected array, found empty object");
    reject("{'type': 'boolean'}", "1", "", "expected boolean, found integer 1");
    reject("{'type': ['integer', 'null']}", "true", "",
           "expected integer or null, found true");
}

static void test_bounds(void **state)
{
    static const char range[] =
        "{'type': 'integer', 'minimum': 1, 'maximum': 4}";

    (void)state;
    accept(range, "1");
    accept(range, "4");
    reject(range, "0", "", "expected integer from 1 to 4, found integer 0");
    reject(range, "5", "", "expected integer from 1 to 4, found integer 5");
    reject("{'type': 'integer', 'minimum': 0}", "-1", "",
           "expected integer >= 0, found integer -1");
    reject("{'type': 'number', 'maximum': 0.5}", "1", "",
           "expected number <= 0.5, found integer 1");
    /* a double could not tell these apart */
    accept("{'maximum': 9223372036854775806}", "9223372036854775806");
    reject("{'maximum': 9223372036854775806}", "9223372036854775807", "",
           "expected value <= 9223372036854775806, "
           "found integer 9223372036854775807");
    accept("{'minimum': 3}", "'not a number'");
}

static void test_enum_and_const(void **state)
{
    (void)state;
    accept("{'enum': ['a', 1]}", "1");
    reject("{'enum': ['a', 1]}", "'b'", "",
           "expected one of \"a\", 1, found string \"b\"");
    accept("{'const': {'x': [1]}}", "{'x': [1]}");
    reject("{'const': 'read'}", "'write'", "",
           "expected \"read\", found string \"write\"");
}

static void test_strings(void **state)
{
    (void)state;
    accept("{'minLength': 2, 'maxLength': 2}", "'\u00e4\u00f6'");
    reject("{'type': 'string', 'minLength': 1}", "''", "",
           "expected string of at least 1 characters, found string \"\"");
    reject("{'type': 'string', 'maxLength': 2}", "'abc'", "",
           "expected string of at most 2 characters, found string \"abc\"");
    accept("{'pattern': '^[a-z]+(-[0-9]+)?$'}", "'abc-12'");
    reject("{'type': 'string', 'pattern': '^a'}", "'ba'", "",
           "expected string matching ^a, found string \"ba\"");
    reject("{'type': 'integer'}", "'0123456789012345678901234567890123456789x'",
           "",
           "expected integer, found string "
           "\"012345678901234567890123456789012345678...\"");
}

static void test_arrays(void **state)
{
    (void)state;
    accept("{'items': {'type': 'integer'}}", "[1, 2]");
    accept("{'minItems': 1, 'maxItems': 2}", "[1]");
    reject("{'items': {'type': 'integer'}}", "[1, 'a']", "/1",
           "expected integer, found string \"a\"");
    reject("{'type': 'array', 'minItems': 1, 'maxItems': 2}", "[]", "",
           "expected array of 1 to 2 items, found empty array");
    reject("{'type': 'array', 'maxItems': 2}", "[1, 2, 3]", "",
           "expected array of at most 2 items, found array of 3 items");
}

static void test_objects(void **state)
{
    static const char closed[] =
        "{'properties': {'a/~b': {'type': 'integer'}},"
        " 'required': ['a/~b'], 'additionalProperties': false}";

    (void)state;
    accept(closed, "{'a/~b': 1}");
    reject(closed, "{}", "/a~1~0b", "required, but missing");
    reject(closed, "{'a/~b': '1'}", "/a~1~0b",
           "expected integer, found string \"1\"");
    reject(closed, "{'a/~b': 1, 'c': 1}", "/c", "unknown member");
    accept("{'properties': {}}", "{'anything': 1}");
    accept("{'additionalProperties': {'type': 'integer'}}", "{'x': 1}");
    reject("{'additionalProperties': {'type': 'integer'}}", "{'x': 'y'}", "/x",
           "expected integer, found string \"y\"");
}

static void test_ref(void **state)
{
    static const char tree[] =
        "{'$ref': '#/$defs/node', '$defs': {'node': {'type': 'object',"
        "'properties': {'next': {'$ref': '#/$defs/node'}}}}}";

    (void)state;
    accept(tree, "{'next': {'next': {}}}");
    reject(tree, "{'next': {'next': 1}}", "/next/next",
           "expected object, found integer 1");
    reject("{'$ref': '#/$defs/no'}", "1", "",
           "the schema has a $ref to nowhere here");
    reject("{'$ref': '#/$defs/a', '$defs': {'a': {'$ref': '#/$defs/a'}}}", "1",
           "", "nested too deeply");
}

#define OPS                                                                    \
    "{'type': 'array', 'items': {'oneOf': [{'$ref': '#/$defs/r'},"             \
    "{'$ref': '#/$defs/f'}]}, '$defs': {"                                      \
    "'r': {'type': 'object', 'properties': {'op': {'const': 'read'},"          \
    "'sector': {'type': 'integer', 'minimum': 0}},"                            \
    "'required': ['op', 'sector'], 'additionalProperties': false},"            \
    "'f': {'type': 'object', 'properties': {'op': {'const': 'flush'}},"        \
    "'required': ['op'], 'additionalProperties': false}}}"

static void test_one_of_tells_the_error_of_the_alternative_meant(void **state)
{
    (void)state;
    accept(OPS, "[{'op': 'flush'}, {'op': 'read', 'sector': 3}]");
    reject(OPS, "[{'op': 'flush'}, {'op': 'read', 'sector': 'a'}]", "/1/sector",
           "expected integer >= 0, found string \"a\"");
    reject(OPS, "[{'op': 'flush', 'sector': 1}]", "/0/sector",
           "unknown member");
    reject(OPS, "[{'op': 'read'}]", "/0/sector", "required, but missing");
    reject(OPS, "[{'op': 'trim'}]", "/0/op",
           "expected one of \"read\", \"flush\", found string \"trim\"");
    reject(OPS, "[{}]", "/0/op",
           "expected one of \"read\", \"flush\", found nothing");
    reject(OPS, "[3]", "/0", "expected object or object, found integer 3");
}

static void test_one_of_without_a_constant(void **state)
{
    static const char either[] =
        "{'oneOf': [{'type': 'integer', 'minimum': 0}, {'type': 'string',"
        "'pattern': '^0x'}]}";

    (void)state;
    accept(either, "4");
    accept(either, "'0x4'");
    reject(either, "-4", "", "expected integer >= 0, found integer -4");
    reject(either, "'4'", "",
           "expected string matching ^0x, found string \"4\"");
    reject(either, "null", "",
           "expected integer >= 0 or string matching ^0x, found null");
    reject("{'oneOf': [{'minimum': 0}, {'maximum': 9}]}", "5", "",
           "fits more than one alternative of the schema");
}

static void test_annotations_test_nothing(void **state)
{
    (void)state;
    accept("{'$schema': 'x', '$id': 'x', '$comment': 'x', 'title': 'x',"
           "'description': 'x', '$defs': {}}",
           "1");
}

static void test_unknown_keyword_is_an_error(void **state)
{
    (void)state;
    reject("{'format': 'uri'}", "'x'", "",
           "the schema has an unsupported keyword here: format");
    reject("{'properties': {'a': true}}", "{'a': 1}", "/a",
           "the schema is broken here: not an object");
}

static void lint(const char *text, const char *pointer, const char *expected)
{
    json_t *schema = parse(text);
    int rc = rig_schema_lint(schema, &err);

    json_decref(schema);
    if (!pointer && rc)
        fail_msg("%s: %s: %s", text, err.pointer, err.expected);
    if (!pointer)
        return;
    assert_int_equal(rc, -1);
    assert_string_equal(err.pointer, pointer);
    assert_string_equal(err.expected, expected);
}

static void test_lint_finds_what_no_value_has_met(void **state)
{
    (void)state;
    lint(OPS, NULL, NULL);
    lint("{'properties': {'a': {'items': {'oneOf': [{}, {'anyOf': []}]}}}}",
         "/properties/a/items/oneOf/1/anyOf",
         "a keyword that is not supported here");
    lint("{'$defs': {'a': {'pattern': '('}}}", "/$defs/a/pattern",
         "expected a regular expression");
    lint("{'$ref': '#/$defs/a'}", "/$ref", "expected a reference into #/$defs");
    lint("{'$ref': '#/properties/a'}", "/$ref",
         "expected a reference into #/$defs");
    lint("{'type': 'int'}", "/type", "expected type names");
    lint("{'type': []}", "/type", "expected type names");
    lint("{'minItems': -1}", "/minItems", "expected an integer >= 0");
    lint("{'maximum': '1'}", "/maximum", "expected a number");
    lint("{'required': 'a'}", "/required", "expected an array of strings");
    lint("{'enum': []}", "/enum", "expected a non-empty array");
    lint("{'oneOf': []}", "/oneOf", "expected a non-empty array of schemas");
    lint("{'additionalProperties': true}", "/additionalProperties",
         "expected a schema: an object");
    lint("[]", "", "expected a schema: an object");
}

static void test_long_pointers_and_texts_are_cut(void **state)
{
    json_t *schema = parse("{'additionalProperties': {'const': 0}}");
    json_t *value = json_object();
    char name[600];

    (void)state;
    memset(name, '~', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    json_object_set_new(value, name, json_string(name));
    assert_int_equal(rig_schema_check(schema, schema, value, &err), -1);
    assert_true(strlen(err.pointer) < sizeof(err.pointer));
    assert_true(strlen(err.expected) < sizeof(err.expected));
    json_decref(schema);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_enum_and_const),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_ref),
        cmocka_unit_test(test_one_of_tells_the_error_of_the_alternative_meant),
        cmocka_unit_test(test_one_of_without_a_constant),
        cmocka_unit_test(test_annotations_test_nothing),
        cmocka_unit_test(test_unknown_keyword_is_an_error),
        cmocka_unit_test(test_lint_finds_what_no_value_has_met),
        cmocka_unit_test(test_long_pointers_and_texts_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
