/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <getopt.h>
#include <unistd.h>

#include "fakedev/arena.h"
#include "fakedev/sched.h"
#include "options.h"
#include "rig.h"
#include "scratch.h"

enum { OPT_FILE = RIG_KEY_OWN, OPT_FLAG, OPT_NUMBER, OPT_TIME, OPT_MODE };

static const struct rig_option list[] = {
    {.key = RIG_KEY_DUT},
    {.key = RIG_KEY_SCHED},
    {.key = RIG_KEY_SEED},
    {.key = RIG_KEY_MEMORY},
    {.key = RIG_KEY_READING},
    {.key = RIG_KEY_STRICT},
    {OPT_FILE, "file", "FILE", "a file"},
    {OPT_FLAG, "flag", NULL, "a flag"},
    {OPT_NUMBER, "number", "N", "a number from 2 to 4"},
    {OPT_TIME, "time", "SECONDS", "a time"},
    {OPT_MODE, "mode", "[one|other]", "one word, or nothing"},
    {0},
};

static struct rig_setup setup;
static struct rig_options o;
static uint64_t number, ms;
static const char *mode;
static char line[512]; /* what was printed on stderr */

static int take(int key)
{
    if (key == OPT_MODE)
        mode = o.value;
    if (key == OPT_NUMBER)
        return rig_options_number(&o, 2, 4, &number);
    return key == OPT_TIME ? rig_options_seconds(&o, &ms) : 0;
}

/* Parses the words, separated by blanks, up to the end or an error. */
static int parse(const char *words)
{
    static char copy[256]; /* values of options stay in it */
    char name[] = "cmd", *argv[16] = {name}, *word;
    int argc = 1, key;

    snprintf(copy, sizeof(copy), "%s", words);
    for (word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    optind = 0; /* glibc: start anew */
    o = (struct rig_options){
        .command = "cmd", .list = list, .setup = &setup, .exit_code = -1};
    rig_setup_init(&setup);
    while ((key = rig_options_next(&o, argc, argv)) > 0)
        if (take(key))
            return -1;
    return key;
}

/* The same with stderr in `line`. */
static int parse_captured(const char *words)
{
    int saved = dup(STDERR_FILENO), ends[2], rc;
    ssize_t bytes;

    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    rc = parse(words);
    dup2(saved, STDERR_FILENO); /* closes the write end */
    close(saved);
    bytes = read(ends[0], line, sizeof(line) - 1);
    line[bytes > 0 ? bytes : 0] = '\0';
    close(ends[0]);
    return rc;
}

static void reject(const char *words, const char *expected)
{
    char whole[512];

    snprintf(whole, sizeof(whole), "ringtrue: cmd: %s\n", expected);
    assert_int_equal(parse_captured(words), -1);
    assert_int_equal(o.exit_code, RIG_EXIT_USAGE);
    assert_string_equal(line, whole);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_int_equal(setup.subject, RIG_SUBJECT_RINGTRUE);
    assert_string_equal(setup.dut, "ringtrue");
    assert_int_equal(setup.sched, FAKE_SCHED_STEP);
    assert_int_equal(setup.memory, FAKE_MEM_DIRECT);
    assert_int_equal(setup.seed, 1);
    assert_null(setup.image);
    assert_false(setup.strict);
}

static void test_shared_options_fill_the_setup(void **state)
{
    (void)state;
    assert_int_equal(parse("a --dut ./x.so --sched=threads b --seed 42 "
                           "--memory bounce --reading lazy --strict -- --c"),
                     0);
    assert_int_equal(setup.subject, RIG_SUBJECT_SO);
    assert_int_equal(setup.sched, FAKE_SCHED_THREADS);
    assert_int_equal(setup.memory, FAKE_MEM_BOUNCE);
    assert_int_equal(setup.reading, RIG_READING_LAZY);
    assert_int_equal(setup.seed, 42);
    assert_true(setup.strict);
    assert_int_equal(o.first, 12); /* a b --c follow, in this order */
    assert_int_equal(parse("--dut liar"), 0);
    assert_int_equal(setup.subject, RIG_SUBJECT_LIAR);
    assert_null(setup.so_path);
}

static void test_unknown_options_are_named(void **state)
{
    (void)state;
    reject("--foo", "unknown option '--foo' (try 'ringtrue cmd --help')");
    reject("--foo=1", "unknown option '--foo' (try 'ringtrue cmd --help')");
    reject("a -z b", "unknown option '-z' (try 'ringtrue cmd --help')");
    reject("--f x", "unknown option '--f' (try 'ringtrue cmd --help')");
}

static void test_values_missing_or_too_many_are_named(void **state)
{
    (void)state;
    reject("--file", "--file needs a value");
    reject("--flag=1", "--flag takes no value");
    reject("--strict=1", "--strict takes no value");
    reject("--help=1", "--help takes no value");
}

static void test_words_out_of_two(void **state)
{
    (void)state;
    reject("--sched x", "--sched: expected threads or step, found 'x'");
    reject("--memory x",
           "--memory: expected direct, bounce or guarded, found 'x'");
    reject("--reading x", "--reading: expected eager or lazy, found 'x'");
}

static void test_optional_value_is_one_of_its_words(void **state)
{
    (void)state;
    assert_int_equal(parse("a --mode other b --seed 2"), 0);
    assert_string_equal(mode, "other");
    assert_int_equal(setup.seed, 2);
    assert_int_equal(o.first, 5); /* a b */
    assert_int_equal(parse("--mode one"), 0);
    assert_string_equal(mode, "one");
    assert_int_equal(o.first, 3);
    assert_int_equal(parse("--mode=other x"), 0);
    assert_string_equal(mode, "other");
    assert_int_equal(o.first, 2);
    reject("--mode=x", "--mode: expected one|other, found 'x'");
    reject("--mode=", "--mode: expected one|other, found ''");
}

static void test_optional_value_leaves_other_words_alone(void **state)
{
    static const char *const after[] = {"",           " on", " others",
                                        " one|other", " ]",  " --flag"};
    char words[64];

    (void)state;
    for (size_t k = 0; k < sizeof(after) / sizeof(*after); k++) {
        snprintf(words, sizeof(words), "--mode%s", after[k]);
        mode = "unset";
        assert_int_equal(parse(words), 0);
        assert_null(mode);
        assert_int_equal(o.first, strchr(words + 2, '-') ? 3 : 2);
    }
}

static void test_numbers(void **state)
{
    static const char *const wrong[] = {
        "1",  "5",  "",    "x",   "3x",
        "-3", "+3", "3.0", "0x3", "99999999999999999999"};
    char words[64], expected[128];
    size_t k;

    (void)state;
    assert_int_equal(parse("--number 4"), 0);
    assert_int_equal(number, 4);
    for (k = 0; k < sizeof(wrong) / sizeof(*wrong); k++) {
        snprintf(words, sizeof(words), "--number=%s", wrong[k]);
        snprintf(expected, sizeof(expected),
                 "--number: expected a number from 2 to 4, found '%s'",
                 wrong[k]);
        reject(words, expected);
    }
    assert_int_equal(parse("--seed 9223372036854775807"), 0);
    assert_int_equal(parse_captured("--seed 9223372036854775808"), -1);
}

static void test_seconds(void **state)
{
    static const char *const wrong[] = {"0",     "0.001", "x",     "1e3", "inf",
                                        "1.2.3", "-1",    "99999", "."};
    char words[64];
    size_t k;

    (void)state;
    assert_int_equal(parse("--time 2.5"), 0);
    assert_int_equal(ms, 2500);
    assert_int_equal(parse("--time 10"), 0);
    assert_int_equal(ms, 10000);
    for (k = 0; k < sizeof(wrong) / sizeof(*wrong); k++) {
        snprintf(words, sizeof(words), "--time %s", wrong[k]);
        assert_int_equal(parse_captured(words), -1);
        assert_non_null(strstr(line, "--time: expected seconds from"));
    }
}

static void test_complaint_is_one_line_whatever_was_typed(void **state)
{
    (void)state;
    reject("--sched \033[2J\n", "--sched: expected threads or step, "
                                "found '?[2J?'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_shared_options_fill_the_setup),
        cmocka_unit_test(test_unknown_options_are_named),
        cmocka_unit_test(test_values_missing_or_too_many_are_named),
        cmocka_unit_test(test_words_out_of_two),
        cmocka_unit_test(test_optional_value_is_one_of_its_words),
        cmocka_unit_test(test_optional_value_leaves_other_words_alone),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_complaint_is_one_line_whatever_was_typed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
