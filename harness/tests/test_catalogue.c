/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue.h"
#include "scratch.h"

#define HEADER "id,section,title,actor,level,statement,where,how\n"

static struct rig_catalogue catalogue;
static char err[512];

static int load(void **state, const char *text)
{
    const struct scratch *s = *state;

    scratch_write(s, "clauses.csv", text);
    return rig_catalogue_load(&catalogue, s->dir, err, sizeof(err));
}

static void reject(void **state, const char *text, const char *expected)
{
    assert_int_equal(load(state, text), -1);
    if (!strstr(err, expected))
        fail_msg("expected \"%s\" in \"%s\"", expected, err);
    assert_null(strchr(err, '\n'));
    assert_int_equal(catalogue.count, 0);
}

static void test_reads_fields_quotes_and_line_ends_in_quotes(void **state)
{
    const struct rig_clause *c;

    assert_int_equal(load(state, HEADER
                          "drv-1.2-1,1.2,T,driver,MUST,\"a, \"\"b\"\"\nc\","
                          "common,wire\n"
                          "dev-1.3-10,1.3,,device,SHOULD NOT,s,,none\n"),
                     0);
    assert_int_equal(catalogue.count, 2);
    c = rig_catalogue_find(&catalogue, "drv-1.2-1");
    assert_non_null(c);
    assert_string_equal(c->statement, "a, \"b\"\nc");
    assert_string_equal(c->how, "wire");
    assert_true(rig_clause_is_must(c));
    c = rig_catalogue_find(&catalogue, "dev-1.3-10");
    assert_non_null(c);
    assert_string_equal(c->title, "");
    assert_false(rig_clause_is_must(c));
    assert_null(rig_catalogue_find(&catalogue, "drv-1.2-2"));
    rig_catalogue_free(&catalogue);
}

static void test_last_line_end_may_be_missing(void **state)
{
    assert_int_equal(
        load(state, HEADER "drv-1-1,1,T,driver,MAY,s,common,\"none\""), 0);
    assert_string_equal(catalogue.list[0].how, "none");
    rig_catalogue_free(&catalogue);
}

static void test_errors_name_the_line(void **state)
{
    reject(state, "", "clauses.csv:1: expected 8 fields, found 1");
    reject(state, "id,section,title,actor,level,statement,where,who\n",
           "clauses.csv:1: header field 8: expected 'how', found 'who'");
    reject(state, HEADER, "clauses.csv:2: no clause");
    reject(state, HEADER "a,b\n", "clauses.csv:2: expected 8 fields, found 2");
    reject(state, HEADER "\n", "clauses.csv:2: expected 8 fields");
    reject(state,
           HEADER "drv-1-1,1,T,driver,MUST,\"a\nb\",common,wire\n"
                  "drv-1-2,1,T,driver,MUST,a,common,wire,x\n",
           "clauses.csv:4: expected 8 fields, found 9");
    reject(state, HEADER "drv-1-1,1,T,driver,MUST,\"a",
           "clauses.csv:2: expected a closing quote");
    reject(state, HEADER "drv-1-1,1,T,driver,MUST,\"a\"b,common,wire\n",
           "clauses.csv:2: expected ',' after a closing quote");
    reject(state, HEADER "drv-1-1,1,T,driver,MUST,a\"b\",common,wire\n",
           "clauses.csv:2: quote inside");
    reject(state, HEADER "drv-1-1,1,T,driver,MUST,a,common,wire\r\n",
           "clauses.csv:2: expected LF");
}

static void test_columns_with_few_words_take_no_others(void **state)
{
    reject(state, HEADER "drv-1-1,1,T,user,MUST,s,common,wire\n",
           ":2: actor: expected driver|device, found 'user'");
    reject(state, HEADER "drv-1-1,1,T,driver,MUS,s,common,wire\n",
           ":2: level:");
    reject(state, HEADER "drv-1-1,1,T,driver,MUST,s,common,\n", ":2: how:");
}

static void test_id_is_actor_section_and_number_once(void **state)
{
    reject(state, HEADER "dev-1-1,1,T,driver,MUST,s,common,wire\n",
           ":2: id: expected");
    reject(state, HEADER "drv-1-1,1.1,T,driver,MUST,s,common,wire\n",
           ":2: id: expected");
    reject(state, HEADER "drv-1-,1,T,driver,MUST,s,common,wire\n",
           ":2: id: expected");
    reject(state,
           HEADER "drv-1-1,1,T,driver,MUST,s,common,wire\n"
                  "drv-1-1,1,T,driver,MUST,s,common,wire\n",
           ":3: id: 'drv-1-1' stands there twice");
}

static void test_missing_file_is_named(void **state)
{
    const struct scratch *s = *state;

    assert_int_equal(rig_catalogue_load(&catalogue, s->dir, err, sizeof(err)),
                     -1);
    assert_non_null(strstr(err, "/clauses.csv: No such file"));
}

static void test_our_own_catalogue_loads(void **state)
{
    (void)state;
    assert_int_equal(rig_catalogue_load(&catalogue, RINGTRUE_SOURCE_VECTORS,
                                        err, sizeof(err)),
                     0);
    assert_int_equal(catalogue.count, 384);
    assert_non_null(rig_catalogue_find(&catalogue, "drv-5.2.6.1-1"));
    rig_catalogue_free(&catalogue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_reads_fields_quotes_and_line_ends_in_quotes),
        SCRATCH_TEST(test_last_line_end_may_be_missing),
        SCRATCH_TEST(test_errors_name_the_line),
        SCRATCH_TEST(test_columns_with_few_words_take_no_others),
        SCRATCH_TEST(test_id_is_actor_section_and_number_once),
        SCRATCH_TEST(test_missing_file_is_named),
        cmocka_unit_test(test_our_own_catalogue_loads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
